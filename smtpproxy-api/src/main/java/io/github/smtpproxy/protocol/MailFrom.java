package io.github.smtpproxy.protocol;

import java.util.Objects;
import java.util.Optional;

/**
 * The MAIL command: reverse-path and parameters (RFC 5321 §4.1.1.2). Immutable. What no filter changed is relayed with
 * the octets that the client sent.
 */
public final class MailFrom {

    private final String path;
    private final Optional<Mailbox> sender;
    private final Parameters parameters;

    private MailFrom(String path, Optional<Mailbox> sender, Parameters parameters) {
        this.path = path;
        this.sender = sender;
        this.parameters = parameters;
    }

    /** A MAIL command with this sender and no parameters. */
    public static MailFrom of(Mailbox sender) {
        Objects.requireNonNull(sender, "sender");
        return new MailFrom(sender.octets(), Optional.of(sender), Parameters.none());
    }

    /** A MAIL command with the null reverse-path, as notifications have it. */
    public static MailFrom nullPath() {
        return new MailFrom("", Optional.empty(), Parameters.none());
    }

    /**
     * A MAIL command as it stands on the wire.
     *
     * @param line the line without its line end, one char for each octet
     * @throws AmbiguousSyntaxException if other readers may see another sender, or other parameters, in it
     * @throws IllegalArgumentException if it is none
     */
    public static MailFrom parse(String line) {
        Objects.requireNonNull(line, "line");
        PathSyntax syntax = PathSyntax.parse(line, "MAIL FROM:");
        boolean bracketed = line.substring(10).stripLeading().startsWith("<");
        if (syntax.mailbox().isEmpty() && !bracketed) {
            throw new IllegalArgumentException("MAIL without reverse-path");
        }
        Optional<Mailbox> sender =
                syntax.path().isEmpty() ? Optional.empty() : Optional.of(Mailbox.parse(syntax.mailbox()));
        return new MailFrom(syntax.path(), sender, Parameters.parse(syntax.parameters()));
    }

    /** The sender; empty for the null reverse-path {@code <>}. */
    public Optional<Mailbox> sender() {
        return sender;
    }

    /** Whether the sender's domain is the given one, as {@link Mailbox#isAt} compares them. */
    public boolean isFrom(String domain) {
        Objects.requireNonNull(domain, "domain");
        return sender.filter(s -> s.isAt(domain)).isPresent();
    }

    /** The parameters, with their raw text. */
    public Parameters parameters() {
        return parameters;
    }

    /** The size that the client declared in octets (RFC 1870); empty where it declared none or no number. */
    public Optional<Long> size() {
        // RFC 1870 §4: up to 20 digits; what is beyond a long is as good as the largest long
        return parameters
                .value("SIZE")
                .filter(v -> v.matches("[0-9]{1,20}"))
                .map(v -> v.length() > 18 ? Long.MAX_VALUE : Long.parseLong(v));
    }

    /** This command with another sender. */
    public MailFrom withSender(Mailbox changed) {
        Objects.requireNonNull(changed, "sender");
        return new MailFrom(changed.octets(), Optional.of(changed), parameters);
    }

    /** This command with other parameters. */
    public MailFrom withParameters(Parameters changed) {
        Objects.requireNonNull(changed, "parameters");
        return new MailFrom(path, sender, changed);
    }

    /** The command line as it goes to the destination, without its line end, one char for each octet. */
    public String wireLine() {
        return "MAIL FROM:<" + path + ">" + parameters.text();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MailFrom mail && mail.wireLine().equals(wireLine());
    }

    @Override
    public int hashCode() {
        return wireLine().hashCode();
    }

    /** The sender as readable text, in brackets. */
    @Override
    public String toString() {
        return "<" + sender.map(Mailbox::toString).orElse("") + ">";
    }
}
