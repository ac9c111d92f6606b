package io.github.smtpproxy.filters.dmarc;

/** The DNS did not answer, or not in time. */
final class Unanswered extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Unanswered(String message) {
        super(message, null, false, false);
    }
}
