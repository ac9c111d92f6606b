package io.github.smtpproxy.internal.sasl;

/**
 * An exchange cannot go on, because of the peer, the host's code or a library. Of their exceptions it keeps the class and
 * the stack trace but not the message, which may contain a password or token.
 */
public class ExchangeFailedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    ExchangeFailedException(String what) {
        super(what);
    }

    ExchangeFailedException(String who, Throwable cause) {
        super(who + " failed with " + classes(cause));
        setStackTrace(cause.getStackTrace());
    }

    private static String classes(Throwable cause) {
        String name = cause.getClass().getName();
        return cause.getCause() == null
                ? name
                : name + ", caused by " + cause.getCause().getClass().getName();
    }
}
