package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Octets;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** One change of a message that a hook wants: checked when it is made, so that it can be carried out. Immutable. */
interface HookChange {

    /** RFC 5322 §2.2, and a bound. */
    Pattern NAME = Pattern.compile("[!-9;-~]{1,76}");

    int MOST_VALUE = 32 * 1024;

    Message on(Message message);

    /** Another sender, {@code ""} for the null reverse-path; these parameters take the place of those of their names. */
    static HookChange sender(String address, List<String> parameters) {
        MailFrom bare = address.isEmpty() ? MailFrom.nullPath() : MailFrom.of(Mailbox.of(address));
        List<String> checked = List.copyOf(parameters);
        with(Parameters.none(), checked);
        return message ->
                message.withMail(bare.withParameters(with(message.mail().parameters(), checked)));
    }

    private static Parameters with(Parameters before, List<String> further) {
        Parameters all = before;
        for (String parameter : further) {
            all = all.replace(Octets.encode(parameter));
        }
        return all;
    }

    /** One who is a recipient already stays as he is. */
    static HookChange recipient(String address, List<String> parameters) {
        RcptTo rcpt = RcptTo.of(Mailbox.of(address)).withParameters(with(Parameters.none(), parameters));
        return message ->
                message.recipients().stream().anyMatch(r -> r.recipient().equals(rcpt.recipient()))
                        ? message
                        : message.withRecipient(rcpt);
    }

    /** Without regard to case: a hook may have folded what it got. */
    static HookChange withoutRecipient(String address) {
        String gone = Mailbox.of(address).toString();
        return message -> message.withRecipients(message.recipients().stream()
                .filter(r -> !r.recipient().toString().equalsIgnoreCase(gone))
                .toList());
    }

    /** @param before how many fields are before it */
    static HookChange field(int before, String name, String value) {
        String checkedName = name(name);
        String checkedValue = value(value);
        return headers(h -> h.insert(before, checkedName, checkedValue));
    }

    /** @param nth which field of this name, from 1; where there is none, it is added */
    static HookChange changedField(int nth, String name, String value) {
        String checkedName = name(name);
        String checkedValue = value(value);
        return headers(h -> h.replace(checkedName, nth, checkedValue));
    }

    /** @param nth which field of this name, from 1 */
    static HookChange withoutField(int nth, String name) {
        String checkedName = name(name);
        return headers(h -> h.without(checkedName, nth));
    }

    /** Lines end in CRLF then, however they ended: what comes behind a bare CR or LF must not be a line to others only. */
    static HookChange contents(String text) {
        String lines = text.replaceAll("\r\n|\r|\n", "\r\n");
        String whole = lines.isEmpty() || lines.endsWith("\r\n") ? lines : lines + "\r\n";
        Content content = Content.of(whole.getBytes(StandardCharsets.UTF_8));
        return message -> message.withContent(content);
    }

    private static HookChange headers(UnaryOperator<Headers> change) {
        return message -> message.withHeaders(change.apply(message.headers()));
    }

    private static String name(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name of a field must be 1 to 76 printable characters without a colon");
        }
        return name;
    }

    /** On one line, as octets: a value that is folded is unfolded. */
    private static String value(String value) {
        String line = Octets.encode(value.replaceAll("\r?\n([ \t])", "$1").strip());
        if (line.length() > MOST_VALUE || !line.chars().allMatch(c -> c != '\r' && c != '\n' && c != 0)) {
            throw new IllegalArgumentException(
                    "value of a field must be one line of at most " + MOST_VALUE + " octets");
        }
        return line;
    }
}
