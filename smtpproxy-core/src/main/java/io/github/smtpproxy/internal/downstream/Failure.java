package io.github.smtpproxy.internal.downstream;

import javax.net.ssl.SSLException;

/** Why a destination gave no reply. The reply that the client gets in its place is chosen by those above, by mode. */
public enum Failure {
    /** No session with the destination: it cannot be connected to, is silent, or rejects the proxy's greeting. */
    UNREACHABLE,
    /** It is this proxy itself. */
    LOOP,
    /** TLS is required and the destination does not offer it, the handshake failed, or its certificate is not trusted. */
    INSECURE,
    /** The destination rejects the proxy's own login, or does not offer XCLIENT where the client must be announced. */
    NOT_ADMITTED,
    /** The proxy has no token to log in with at the destination, which has not been asked. */
    NO_TOKEN,
    /** All connections of the pool are used, for longer than the pool lets a transaction wait. */
    EXHAUSTED,
    /** The connection was lost, or closed because the destination broke the protocol. Nothing was committed. */
    LOST,
    /** The same after the end of data was sent and before its reply: the message may be delivered (RFC 5321 §4.2.5). */
    LOST_AFTER_COMMIT;

    /** Why there is no connection. */
    static Failure toConnect(Throwable cause) {
        if (cause instanceof LoopException) {
            return LOOP;
        }
        return cause instanceof SSLException ? INSECURE : UNREACHABLE;
    }
}
