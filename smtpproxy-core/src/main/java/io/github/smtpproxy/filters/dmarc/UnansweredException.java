package io.github.smtpproxy.filters.dmarc;

/** The DNS did not answer, or not in time. */
final class UnansweredException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnansweredException(String message) {
        super(message, null, false, false);
    }
}
