package io.github.smtpproxy.message;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Target;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A message on its way: envelope, header section and body. Immutable; a filter passes on a changed copy.
 *
 * <p>The destination accepted the envelope before the message came. One that is passed on with another envelope is sent in
 * a transaction of its own there; if the destination refuses any part of that, nothing is delivered and the client gets
 * {@code 451 4.3.0}.
 */
public final class Message {

    private static final byte[] EMPTY_LINE = {'\r', '\n'};

    private final MailFrom mail;
    private final List<RcptTo> recipients;
    private final Headers headers;
    private final Content content;
    private final long limit;
    private final Optional<Target> target;

    private Message(
            MailFrom mail,
            List<RcptTo> recipients,
            Headers headers,
            Content content,
            long limit,
            Optional<Target> target) {
        this.mail = mail;
        this.recipients = recipients;
        this.headers = headers;
        this.content = content;
        this.limit = limit;
        this.target = target;
    }

    /** A message of these parts, with the null reverse-path and no recipients. */
    public static Message of(Headers headers, Content content) {
        Objects.requireNonNull(headers, "headers");
        Objects.requireNonNull(content, "content");
        return new Message(MailFrom.nullPath(), List.of(), headers, content, Long.MAX_VALUE, Optional.empty());
    }

    /** The MAIL command: the sender and its parameters. */
    public MailFrom mail() {
        return mail;
    }

    /** The RCPT commands of the recipients that the destination accepted, in order. */
    public List<RcptTo> recipients() {
        return recipients;
    }

    /** The header section. */
    public Headers headers() {
        return headers;
    }

    /** The body. As long as no filter opens or replaces it, it streams through without being kept. */
    public Content content() {
        return content;
    }

    /** The octets that the whole message may have; empty for no limit. */
    public OptionalLong limit() {
        return limit == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    /** Where it goes in place of the destination that accepted its envelope; empty if it goes there. */
    public Optional<Target> target() {
        return target;
    }

    /**
     * Reads the whole message: header section, empty line and body, as {@link Content#open} reads the body alone.
     *
     * @throws IllegalStateException if the body is gone
     */
    public InputStream open() {
        InputStream start = new SequenceInputStream(
                new ByteArrayInputStream(headers.toBytes()), new ByteArrayInputStream(EMPTY_LINE));
        return new SequenceInputStream(start, content.open());
    }

    /**
     * Whether the whole message, header section and empty line included, has these octets at most; then its body is kept and
     * any thread may open it. See {@link Content#keepUpTo}.
     *
     * @param octets 0 and up
     */
    public boolean keepUpTo(long octets) {
        long body = octets - headers.toBytes().length - EMPTY_LINE.length;
        return body >= 0 && content.keepUpTo(body);
    }

    /** This message with another MAIL command. */
    public Message withMail(MailFrom changed) {
        Objects.requireNonNull(changed, "mail");
        return new Message(changed, recipients, headers, content, limit, target);
    }

    /** This message with another sender; the parameters of MAIL stay. */
    public Message withSender(Mailbox changed) {
        return withMail(mail.withSender(changed));
    }

    /** This message for other recipients; one for nobody is refused. */
    public Message withRecipients(List<RcptTo> changed) {
        Objects.requireNonNull(changed, "recipients");
        changed.forEach(r -> Objects.requireNonNull(r, "recipient"));
        return new Message(mail, List.copyOf(changed), headers, content, limit, target);
    }

    /** This message with one more recipient, after the others. */
    public Message withRecipient(RcptTo further) {
        Objects.requireNonNull(further, "recipient");
        return withRecipients(
                Stream.concat(recipients.stream(), Stream.of(further)).toList());
    }

    /** This message without the recipients of this mailbox. */
    public Message withoutRecipient(Mailbox mailbox) {
        Objects.requireNonNull(mailbox, "recipient");
        return withRecipients(
                recipients.stream().filter(r -> !r.recipient().equals(mailbox)).toList());
    }

    /** This message with other headers. */
    public Message withHeaders(Headers changed) {
        Objects.requireNonNull(changed, "headers");
        return new Message(mail, recipients, changed, content, limit, target);
    }

    /**
     * This message with another body. The original one is received to its end and kept first, so that the new one may read
     * it when it is opened: {@code m.withContent(() -> new SequenceInputStream(m.content().open(), footer))}. It is bounded
     * as one that is opened is. The new body is opened on the session's thread when it is sent, and before that by filters
     * behind this one that read it: each time it is the same from its beginning. If that or reading it fails, in whatever way, nothing is delivered, and the client gets {@code 451 4.3.0}.
     */
    public Message withContent(Content changed) {
        Objects.requireNonNull(changed, "content");
        return new Message(mail, recipients, headers, changed, limit, target);
    }

    /**
     * This message, refused with {@code 552 5.3.4} when it turns out to have more octets, header section included. The
     * smallest limit counts.
     *
     * @param octets at least 1
     */
    public Message atMost(long octets) {
        if (octets < 1) {
            throw new IllegalArgumentException("limit must be at least 1 octet, was " + octets);
        }
        return new Message(mail, recipients, headers, content, Math.min(limit, octets), target);
    }

    /**
     * This message, which goes to another destination or group, such as one for quarantine. It is received whole first, then
     * sent there on a connection of its own, with this envelope, by DATA or as it came; the client gets the reply of that
     * destination. The one that accepted the recipients forgets them. Where the other cannot be reached, the client gets
     * {@code 451}; where it refuses the envelope, {@code 451 4.3.0}.
     *
     * <p>Parameters of MAIL and RCPT that the other does not offer are dropped, if that changes nothing for the delivery, such
     * as SIZE, NOTIFY, and BODY=8BITMIME of a message in US-ASCII; else the client gets {@code 5xx}, as for an address that
     * is not in US-ASCII. AUTH=, which the client sent, becomes {@code AUTH=<>}: nobody logged in there.
     */
    public Message routedTo(Target other) {
        Objects.requireNonNull(other, "target");
        return new Message(mail, recipients, headers, content, limit, Optional.of(other));
    }
}
