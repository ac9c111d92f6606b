package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The peer took longer than the deadline allows. */
public final class DeadlineExceededException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param message for the log */
    public DeadlineExceededException(String message) {
        super(message);
    }
}
