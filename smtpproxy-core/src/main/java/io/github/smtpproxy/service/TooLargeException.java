package io.github.smtpproxy.service;

import java.io.IOException;
import java.util.Objects;

/** A service does not take a message of this size. */
public final class TooLargeException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param message what the service replied, for the log */
    public TooLargeException(String message) {
        super(Objects.requireNonNull(message, "message"));
    }
}
