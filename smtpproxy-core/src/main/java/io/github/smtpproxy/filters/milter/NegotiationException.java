package io.github.smtpproxy.filters.milter;

import java.io.IOException;

/** A milter wants what it was not offered: one of the two is configured wrongly. */
final class NegotiationException extends IOException {

    private static final long serialVersionUID = 1L;

    NegotiationException(String message) {
        super(message);
    }
}
