package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The peer sent no valid PROXY protocol header. The message contains nothing that the peer sent. */
public final class ProxyHeaderException extends IOException {

    private static final long serialVersionUID = 1L;

    private final boolean missing;

    ProxyHeaderException(String message) {
        this(message, false);
    }

    private ProxyHeaderException(String message, boolean missing) {
        super("PROXY header: " + message);
        this.missing = missing;
    }

    static ProxyHeaderException missing() {
        return new ProxyHeaderException("the connection was closed before any octet was received", true);
    }

    /** Whether the peer closed the connection before it sent an octet, as health checks do. */
    public boolean isMissing() {
        return missing;
    }
}
