package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The other side took longer than the deadline allows. */
public final class TimedOut extends IOException {
    private static final long serialVersionUID = 1L;

    public TimedOut(String message) {
        super(message);
    }
}
