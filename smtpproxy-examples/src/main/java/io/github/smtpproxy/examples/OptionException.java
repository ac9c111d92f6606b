package io.github.smtpproxy.examples;

/** A value of an option that cannot be used. */
final class OptionException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private final String value;

    OptionException(String message, String value, Throwable cause) {
        super(message, cause);
        this.value = value;
    }

    /** As it was given; it may be a secret. */
    String value() {
        return value;
    }
}
