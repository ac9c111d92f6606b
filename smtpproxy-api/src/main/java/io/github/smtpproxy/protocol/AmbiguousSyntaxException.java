package io.github.smtpproxy.protocol;

/**
 * A path or parameters that another reader may take for something else: an address that is none of RFC 5321's, of which
 * servers make one in ways of their own, or a parameter twice. Filters would judge another address than the one that
 * gets the mail; it is refused and not relayed.
 */
public final class AmbiguousSyntaxException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final boolean inAddress;

    private AmbiguousSyntaxException(boolean inAddress, String message) {
        super(message);
        this.inAddress = inAddress;
    }

    static AmbiguousSyntaxException inAddress(String message) {
        return new AmbiguousSyntaxException(true, message);
    }

    static AmbiguousSyntaxException inParameters(String message) {
        return new AmbiguousSyntaxException(false, message);
    }

    /** Whether it is in the address; else it is in the parameters. */
    public boolean inAddress() {
        return inAddress;
    }
}
