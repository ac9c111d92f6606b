package io.github.smtpproxy.internal.sasl;

/**
 * An exchange cannot go on, through the fault of the other end or of foreign code. Of an exception of foreign code it keeps
 * the class and the stack, not the message: that may hold what was just handed to the code, or fetched by it.
 */
public final class ExchangeFailedException extends RuntimeException {

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
