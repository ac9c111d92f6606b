package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The destination said something that is no SMTP reply, or no end of one. */
public final class GarbageReply extends IOException {
    private static final long serialVersionUID = 1L;

    public GarbageReply(String message) {
        super(message);
    }
}
