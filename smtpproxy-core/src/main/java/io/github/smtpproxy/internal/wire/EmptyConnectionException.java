package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The peer closed the connection before it sent an octet, as health checks do. */
public final class EmptyConnectionException extends IOException {

    private static final long serialVersionUID = 1;

    EmptyConnectionException() {
        super("the connection was closed before any octet was received");
    }
}
