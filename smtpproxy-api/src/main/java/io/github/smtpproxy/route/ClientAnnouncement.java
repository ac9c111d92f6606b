package io.github.smtpproxy.route;

/** How a destination learns who the client is: it sees the proxy's address otherwise. */
public enum ClientAnnouncement {
    /** It does not. */
    NONE,
    /** A PROXY protocol header, version 1, before anything else. */
    PROXY_V1,
    /** A PROXY protocol header, version 2, before anything else. */
    PROXY_V2,
    /** Postfix's XCLIENT, after which the destination treats the session as the client's own. */
    XCLIENT,
    /** Postfix's XFORWARD before each transaction, for the destination's log only. */
    XFORWARD
}
