package io.github.smtpproxy.event;

/** Why a connection of a pool is used no more. */
public enum Discard {
    /** Nobody used it for as long as the pool allows. */
    IDLE,
    /** It has been open for as long as the pool allows. */
    LIFETIME,
    /** It has carried as many transactions as the pool, or the server, allows. */
    USED_UP,
    /** Another kind of connection to the same server was needed, or one for a probe, and none was free. */
    EVICTED,
    /** It failed, was closed by the server, or was closed to abort a message. */
    LOST,
    /** The server did not answer RSET with 2xx. */
    NOT_RESET,
    /** The server sent something that nobody asked for. */
    UNASKED,
    /** It belongs to one client, who was announced by a PROXY header, or by XCLIENT where the server takes no other one. */
    ONE_CLIENT,
    /** The destination is drained, or the proxy is closed. */
    CLOSED
}
