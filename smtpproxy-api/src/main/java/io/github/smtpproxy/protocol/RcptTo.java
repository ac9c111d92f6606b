package io.github.smtpproxy.protocol;

import java.util.Objects;

/**
 * The RCPT command: forward-path and parameters (RFC 5321 §4.1.1.3). Immutable. What no filter changed is relayed with
 * the octets that the client sent.
 */
public final class RcptTo {

    private final String path;
    private final Mailbox recipient;
    private final Parameters parameters;

    private RcptTo(String path, Mailbox recipient, Parameters parameters) {
        this.path = path;
        this.recipient = recipient;
        this.parameters = parameters;
    }

    /** A RCPT command with this recipient and no parameters. */
    public static RcptTo of(Mailbox recipient) {
        Objects.requireNonNull(recipient, "recipient");
        return new RcptTo(recipient.octets(), recipient, Parameters.none());
    }

    /**
     * A RCPT command as it stands on the wire.
     *
     * @param line the line without its line end, one char for each octet
     * @throws AmbiguousSyntaxException if other readers may see another recipient, or other parameters, in it
     * @throws IllegalArgumentException if it is none
     */
    public static RcptTo parse(String line) {
        Objects.requireNonNull(line, "line");
        PathSyntax syntax = PathSyntax.parse(line, "RCPT TO:");
        return new RcptTo(syntax.path(), Mailbox.parse(syntax.mailbox()), Parameters.parse(syntax.parameters()));
    }

    /** The recipient. */
    public Mailbox recipient() {
        return recipient;
    }

    /** The parameters, with their raw text. */
    public Parameters parameters() {
        return parameters;
    }

    /** This command with another recipient. */
    public RcptTo withRecipient(Mailbox changed) {
        Objects.requireNonNull(changed, "recipient");
        return new RcptTo(changed.octets(), changed, parameters);
    }

    /** This command with other parameters. */
    public RcptTo withParameters(Parameters changed) {
        Objects.requireNonNull(changed, "parameters");
        return new RcptTo(path, recipient, changed);
    }

    /** The command line as it goes to the destination, without its line end, one char for each octet. */
    public String wireLine() {
        return "RCPT TO:<" + path + ">" + parameters.text();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RcptTo rcpt && rcpt.wireLine().equals(wireLine());
    }

    @Override
    public int hashCode() {
        return wireLine().hashCode();
    }

    /** The recipient as readable text, in brackets. */
    @Override
    public String toString() {
        return "<" + recipient + ">";
    }
}
