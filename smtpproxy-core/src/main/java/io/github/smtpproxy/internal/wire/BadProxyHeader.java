package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** What came is no PROXY header. The message holds nothing that the peer sent. */
public final class BadProxyHeader extends IOException {

    private static final long serialVersionUID = 1L;

    BadProxyHeader(String message) {
        super("PROXY header: " + message);
    }
}
