package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.AmbiguousSyntaxException;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads MAIL and RCPT. What filters see must be what the destination takes: what servers read each in its own way is
 * refused before a filter sees it, and does not reach the destination.
 */
public final class CommandSyntax {

    private static final OwnReply BAD_SENDER = OwnReply.refusal(501, "5.1.7", "Bad sender address syntax");
    private static final OwnReply BAD_RECIPIENT = OwnReply.refusal(501, "5.1.3", "Bad recipient address syntax");

    private static final Pattern QUOTING = Pattern.compile("[\"\\\\\\s]");
    private static final String HOST = "(\\[[^\\]]*]|[^%@!.]+(\\.[^%@!.]+)+\\.?)";
    private static final Pattern ROUTE = Pattern.compile("(^|[%@!])" + HOST + "!|[%@]" + HOST + "($|[%@!])");

    /** Its capital is that of another letter, but it folds to itself. */
    private static final int DOTLESS_I = 0x131;

    /** @param command empty where it is refused, and where it cannot be read */
    public record Read<T>(Optional<T> command, Optional<Reply> refusal) {}

    private CommandSyntax() {}

    /** @param offered what the client was offered */
    static Read<MailFrom> mail(String line, Extensions offered) {
        return read(
                line,
                MailFrom::parse,
                BAD_SENDER,
                mail -> badSender(mail).or(() -> refused(mail.parameters(), offered)));
    }

    /** A sender without parameters, as SubEtha passes it; empty for the null reverse-path. */
    public static Read<MailFrom> sender(String path) {
        return read(
                path,
                p -> p.isEmpty() ? MailFrom.nullPath() : MailFrom.of(Mailbox.parse(p)),
                BAD_SENDER,
                CommandSyntax::badSender);
    }

    private static Optional<Reply> badSender(MailFrom mail) {
        return mail.sender()
                .filter(sender -> !hasDomain(sender) || isTakenForAnother(sender))
                .map(bad -> BAD_SENDER);
    }

    /** @param offered what the client was offered */
    static Read<RcptTo> rcpt(String line, Extensions offered) {
        return read(
                line,
                RcptTo::parse,
                BAD_RECIPIENT,
                rcpt -> badRecipient(rcpt).or(() -> refused(rcpt.parameters(), offered)));
    }

    /** A recipient without parameters, as SubEtha passes it. */
    public static Read<RcptTo> recipient(String path) {
        return read(path, p -> RcptTo.of(Mailbox.parse(p)), BAD_RECIPIENT, CommandSyntax::badRecipient);
    }

    private static Optional<Reply> badRecipient(RcptTo rcpt) {
        return Optional.of(rcpt.recipient())
                .filter(r -> !hasDomain(r) && !r.octets().equalsIgnoreCase("Postmaster") || isTakenForAnother(r))
                .map(bad -> BAD_RECIPIENT);
    }

    private static Optional<Reply> refused(Parameters parameters, Extensions offered) {
        return ExtensionRules.hidden(parameters, offered)
                .map(keyword -> Reply.refusal(555, "5.5.4", "Unsupported option: " + keyword));
    }

    /** A server completes an address without a domain by one of its own, which no filter has seen (RFC 5321 §2.3.5). */
    private static boolean hasDomain(Mailbox mailbox) {
        return !mailbox.domain().isEmpty();
    }

    private static boolean isTakenForAnother(Mailbox mailbox) {
        return isAnotherFolded(mailbox.domain()) || routes(mailbox.local());
    }

    /**
     * Whether the local part names another host, as {@code user%host}, {@code host!user} or {@code "user@host"} do: a server
     * for whose domain it stands, as Postfix does, passes the mail on to that host.
     */
    private static boolean routes(String local) {
        boolean may = local.indexOf('%') >= 0 || local.indexOf('!') >= 0 || local.indexOf('@') >= 0;
        return may && ROUTE.matcher(QUOTING.matcher(local).replaceAll("")).find();
    }

    /**
     * Whether servers that compare by case folding, as Postfix does, take the domain for another: they do so with ß, the final
     * sigma and some more, which are letters of their own to the DNS (UTS #46 §7).
     */
    private static boolean isAnotherFolded(String domain) {
        return !domain.codePoints().allMatch(CommandSyntax::foldsToItself);
    }

    private static boolean foldsToItself(int c) {
        if (c < 0x80 || c == DOTLESS_I) {
            return true;
        }
        String letter = Character.toString(c);
        return nfc(letter.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)).equals(nfc(letter));
    }

    private static String nfc(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    private static <T> Read<T> read(
            String line, Function<String, T> parser, Reply badAddress, Function<T, Optional<Reply>> check) {
        try {
            T command = parser.apply(line);
            Optional<Reply> refusal = check.apply(command);
            return new Read<>(Optional.of(command).filter(c -> refusal.isEmpty()), refusal);
        } catch (AmbiguousSyntaxException ambiguous) {
            return new Read<>(Optional.empty(), Optional.of(ambiguous.inAddress() ? badAddress : Replies.SYNTAX));
        } catch (IllegalArgumentException unreadable) {
            return new Read<>(Optional.empty(), Optional.empty());
        }
    }
}
