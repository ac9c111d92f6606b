package io.github.smtpproxy.internal.sasl;

/** The host's source of tokens has none. The destination has not been asked. */
public final class NoTokenException extends ExchangeFailedException {

    private static final long serialVersionUID = 1;

    NoTokenException(String why) {
        super(why);
    }

    NoTokenException(Throwable cause) {
        super("the token supplier", cause);
    }
}
