package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The destination said something that is no SMTP reply, or no end of one. */
public final class MalformedReplyException extends IOException {
    private static final long serialVersionUID = 1L;

    public MalformedReplyException(String message) {
        super(message);
    }
}
