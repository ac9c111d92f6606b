package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** What came is no PROXY header. The message holds nothing that the peer sent. */
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

    /** The peer went without a word. */
    static ProxyHeaderException missing() {
        return new ProxyHeaderException("the connection ended before anything was said", true);
    }

    /** Whether nothing came at all: a peer that only looks whether somebody listens. */
    public boolean isMissing() {
        return missing;
    }
}
