package io.github.smtpproxy.spring;

/** The proxy could not start. */
final class StartException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    StartException(IllegalStateException cause) {
        super(cause.getMessage(), cause);
    }
}
