package io.github.smtpproxy.protocol;

/**
 * A path or parameters that another reader may take for something else: an address that is none of RFC 5321's, of which
 * servers make one in ways of their own, or a parameter said twice. Filters would judge another address than the one that
 * gets the mail; it is refused and not relayed.
 */
public final class AmbiguousSyntax extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final boolean inAddress;

    private AmbiguousSyntax(boolean inAddress, String message) {
        super(message);
        this.inAddress = inAddress;
    }

    static AmbiguousSyntax inAddress(String message) {
        return new AmbiguousSyntax(true, message);
    }

    static AmbiguousSyntax inParameters(String message) {
        return new AmbiguousSyntax(false, message);
    }

    /** Whether it is in the address; else it is in the parameters. */
    public boolean inAddress() {
        return inAddress;
    }
}
