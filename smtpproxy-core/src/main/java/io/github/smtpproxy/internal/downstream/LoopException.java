package io.github.smtpproxy.internal.downstream;

import java.io.IOException;

/** A destination is this proxy itself. */
final class LoopException extends IOException {

    private static final long serialVersionUID = 1L;

    LoopException() {
        super("it is this proxy itself");
    }
}
