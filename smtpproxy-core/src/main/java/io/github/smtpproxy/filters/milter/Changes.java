package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.service.Printable;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What a milter wants changed in a message before it decides about it. */
final class Changes implements AutoCloseable {

    private static final int MAX = 1000;
    private static final int MAX_OCTETS = 1 << 20;
    /** So much longer than the original may a body be. */
    private static final long MAX_GROWTH = 16L << 20;

    /** They describe the message as it came; a milter that names another sender does not change them. */
    private static final Set<String> OF_THE_MESSAGE = Set.of("SIZE", "BODY", "SMTPUTF8");

    private final Agreement agreed;
    private final Message original;
    private final UnaryOperator<Mailbox> passedOn;
    private final HeaderFields fields;
    private final List<RcptTo> recipients;
    private MailFrom mail;
    private Optional<String> quarantine = Optional.empty();
    private Optional<ReplacedBody> body = Optional.empty();
    private long bodyOctets;
    private int count;
    private int octets;
    private boolean decided;

    /** @param passedOn the recipient as he is known to the destination, by the name that was sent to the milter */
    Changes(Message original, Agreement agreed, UnaryOperator<Mailbox> passedOn) {
        this.passedOn = passedOn;
        this.agreed = agreed;
        this.original = original;
        this.fields = HeaderFields.of(original.headers(), agreed.keepsLeadingSpace());
        this.recipients = new ArrayList<>(original.recipients());
        this.mail = original.mail();
    }

    /** The fields of the message. */
    HeaderFields fields() {
        return fields;
    }

    /** A part of the body goes to the milter. */
    void bodyGoes(int octets) {
        bodyOctets += octets;
    }

    /** Why it wants the message to be looked at by somebody, if it does. */
    Optional<String> quarantine() {
        return quarantine.filter(why -> decided);
    }

    /**
     * Takes one over.
     *
     * @throws ProtocolException if it is none, or not agreed on, or too much
     */
    void add(Frame frame) throws IOException {
        if (frame.command() != 'b' || frame.data().length == 0) {
            count++;
            octets += frame.data().length;
        }
        if (count > MAX || octets > MAX_OCTETS) {
            throw new ProtocolException("it changes more than " + MAX + " things or " + MAX_OCTETS + " octets");
        }
        requireAgreed(frame);
        Frame.Parts parts = frame.parts();
        try {
            change(frame, parts);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("its change " + Frame.name(frame.command()) + " is none: " + e.getMessage());
        }
        if (frame.command() != 'b') {
            parts.end();
        }
    }

    private void requireAgreed(Frame frame) throws ProtocolException {
        int action = switch (frame.command()) {
            case 'h' -> Agreement.ADD_HEADERS;
            case 'i' -> Agreement.ADD_HEADERS | Agreement.CHANGE_HEADERS;
            case 'm' -> Agreement.CHANGE_HEADERS;
            case 'b' -> Agreement.CHANGE_BODY;
            case '+' -> Agreement.ADD_RECIPIENTS;
            case '2' -> Agreement.ADD_RECIPIENTS_WITH_PARAMETERS;
            case '-' -> Agreement.DELETE_RECIPIENTS;
            case 'e' -> Agreement.CHANGE_SENDER;
            case 'q' -> Agreement.QUARANTINE;
            default -> throw new ProtocolException("it answers " + Frame.name(frame.command()));
        };
        if (!agreed.allows(action)) {
            throw new ProtocolException("its change " + Frame.name(frame.command()) + " was not agreed on");
        }
    }

    private void change(Frame frame, Frame.Parts parts) throws IOException {
        switch (frame.command()) {
            case 'h' -> fields.add(fieldName(parts.text()), fieldValue(parts.text()));
            case 'i' -> fields.insert(index(parts), fieldName(parts.text()), fieldValue(parts.text()));
            case 'm' -> fields.change(index(parts), fieldName(parts.text()), fieldValue(parts.text()));
            case 'b' -> replace(frame.data());
            case '+' -> addRecipient(parts.text(), "");
            case '2' -> addRecipient(parts.text(), parts.isEmpty() ? "" : parts.text());
            case '-' -> deleteRecipient(parts.text());
            case 'e' -> changeSender(parts.text(), parts.isEmpty() ? "" : parts.text());
            default -> quarantine = Optional.of(Printable.of(parts.text()));
        }
    }

    private static int index(Frame.Parts parts) throws ProtocolException {
        int index = parts.number();
        if (index < 0) {
            throw new IllegalArgumentException("the index " + Integer.toUnsignedString(index));
        }
        return index;
    }

    private static String fieldName(String name) {
        if (!name.matches("[!-9;-~]{1,76}")) {
            throw new IllegalArgumentException("the name of a field");
        }
        return name;
    }

    /** A value may be folded: each further line begins with white space and has something behind it (RFC 5322 §2.2.3). */
    private static String fieldValue(String value) {
        String clean = value.replace("\r\n", "\n").replaceFirst("\n$", "");
        String[] lines = clean.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            boolean folded = i == 0 || !lines[i].isBlank() && (lines[i].charAt(0) == ' ' || lines[i].charAt(0) == '\t');
            if (!folded || lines[i].indexOf('\r') >= 0) {
                throw new IllegalArgumentException("the value of a field");
            }
        }
        return clean;
    }

    private void replace(byte[] part) throws IOException {
        if (body.isEmpty()) {
            body = Optional.of(new ReplacedBody());
        }
        body.get().append(part);
        if (body.get().size() > bodyOctets + MAX_GROWTH) {
            throw new ProtocolException("its body is more than " + MAX_GROWTH + " octets longer than the message's");
        }
    }

    private void addRecipient(String path, String parameters) {
        RcptTo further = recipient(path).withParameters(Parameters.parse(parameters));
        Mailbox known = passedOn.apply(further.recipient());
        if (recipients.stream().noneMatch(r -> r.recipient().equals(known))) {
            recipients.add(further);
        }
    }

    private void deleteRecipient(String path) {
        Mailbox gone = passedOn.apply(recipient(path).recipient());
        recipients.removeIf(r -> r.recipient().equals(gone));
    }

    private static RcptTo recipient(String path) {
        RcptTo rcpt = RcptTo.parse("RCPT TO:" + bracketed(path));
        return requireAlone(rcpt, rcpt.parameters());
    }

    private void changeSender(String path, String parameters) {
        MailFrom sender = MailFrom.parse("MAIL FROM:" + bracketed(path));
        Parameters named = Parameters.parse(parameters);
        Parameters all = mail.parameters();
        for (String keyword : named.keywords()) {
            if (!OF_THE_MESSAGE.contains(keyword)) {
                all = all.replace(
                        named.value(keyword).map(v -> keyword + "=" + v).orElse(keyword));
            }
        }
        mail = requireAlone(sender, sender.parameters()).withParameters(all);
    }

    private static <T> T requireAlone(T command, Parameters behindPath) {
        if (!behindPath.equals(Parameters.none())) {
            throw new IllegalArgumentException("an address");
        }
        return command;
    }

    /** A line end would begin another command. */
    private static String bracketed(String path) {
        if (!path.matches("[^\\x00-\\x1F\\x7F]{0,1000}")) {
            throw new IllegalArgumentException("an address");
        }
        return path.startsWith("<") ? path : "<" + path + ">";
    }

    /** The milter has decided: nothing more comes. */
    void decided() {
        decided = true;
    }

    /** The message, changed; as it was, where nothing was wanted or the milter did not come to a decision. */
    Message apply() {
        if (!decided) {
            return original;
        }
        Message changed = original.withHeaders(fields.on(original.headers()))
                .withMail(mail)
                .withRecipients(recipients);
        return body.map(changed::withContent).orElse(changed);
    }

    /** Frees what is held; the message that was made can no longer be sent. */
    @Override
    public void close() {
        body.ifPresent(ReplacedBody::close);
    }
}
