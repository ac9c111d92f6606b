package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/** Whether a command or a message is about one address. */
final class Addressed {

    private Addressed() {}

    /** MAIL from it; {@code <>} is the null reverse-path (RFC 5321 §4.5.5). */
    static Predicate<FaultPoint> from(String sender) {
        Objects.requireNonNull(sender, "sender");
        Optional<String> wanted = sender.equals("<>") ? Optional.empty() : Optional.of(key(Mailbox.of(sender)));
        return point -> matches(() -> MailFrom.parse("MAIL " + point.argument())
                .sender()
                .map(Addressed::key)
                .equals(wanted));
    }

    /** RCPT to it. */
    static Predicate<FaultPoint> to(String recipient) {
        Objects.requireNonNull(recipient, "recipient");
        String wanted = key(Mailbox.of(recipient));
        return point -> matches(
                () -> key(RcptTo.parse("RCPT " + point.argument()).recipient()).equals(wanted));
    }

    /** A message of which it is a recipient. */
    static Predicate<FaultPoint> of(String recipient) {
        Objects.requireNonNull(recipient, "recipient");
        String wanted = key(Mailbox.of(recipient));
        return point -> point.transaction()
                .filter(t ->
                        t.recipients().stream().anyMatch(r -> key(r.recipient()).equals(wanted)))
                .isPresent();
    }

    /** Domains are the same in upper and lower case, local parts are not (RFC 5321 §2.4). */
    private static String key(Mailbox mailbox) {
        return mailbox.local() + "@" + mailbox.asciiDomain();
    }

    private interface Match {
        boolean test();
    }

    private static boolean matches(Match match) {
        try {
            return match.test();
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }
}
