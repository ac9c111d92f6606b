package io.github.smtpproxy.filters.policy;

import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a policy server wants, as Postfix's access(5) has it. Immutable. */
sealed interface PolicyAction {

    Pattern CODE = Pattern.compile("([45])\\d\\d");
    Pattern FIELD = Pattern.compile("([!-9;-~]{1,76}):[ \\t]*(.*)");

    /** The word that begins it, for the log. */
    String word();

    /** The command goes on. */
    record Pass(String word) implements PolicyAction {}

    /** The command goes on, and a line is logged. */
    record Log(String word, String text) implements PolicyAction {}

    /** The command is refused. */
    record Refuse(String word, Reply reply) implements PolicyAction {}

    /** If the destination refuses it for good, the client is to try again. */
    record DeferIfReject(String word, Reply reply) implements PolicyAction {}

    /** The message gets this field at its top. */
    record Prepend(String word, String name, String value) implements PolicyAction {}

    /** The message is accepted and does not go to its recipients. */
    record Discard(String word) implements PolicyAction {}

    /** It would lose a message, or cannot be done here, or is not known. */
    record Unusable(String word) implements PolicyAction {}

    /** Reads what stands behind {@code action=}. */
    static PolicyAction parse(String action) {
        String[] parts = action.strip().split("[ \\t]+", 2);
        String word = Printable.of(parts[0]).toUpperCase(Locale.ROOT);
        String text = parts.length > 1 ? parts[1].strip() : "";
        return switch (word) {
            case "", "OK", "DUNNO", "PERMIT" -> new Pass(word);
            case "WARN", "INFO" -> new Log(word, Printable.of(text));
            case "REJECT" -> refuse(word, 554, "5.7.1", text, "Access denied");
            case "DEFER", "DEFER_IF_PERMIT" -> refuse(word, 450, "4.7.1", text, "Try again later");
            case "DEFER_IF_REJECT" -> new DeferIfReject(word, reply(450, "4.7.1", text, "Try again later"));
            case "DISCARD", "HOLD" -> new Discard(word);
            case "PREPEND" -> prepend(word, text);
            default -> CODE.matcher(word).matches() ? withCode(word, text) : new Unusable(word);
        };
    }

    private static PolicyAction withCode(String code, String text) {
        String status = code.charAt(0) + ".7.1";
        String words = code.charAt(0) == '4' ? "Try again later" : "Access denied";
        return refuse(code, Integer.parseInt(code), status, text, words);
    }

    private static Refuse refuse(String word, int code, String status, String text, String without) {
        return new Refuse(word, reply(code, status, text, without));
    }

    /** The server's own enhanced status counts, with the category of the code. */
    private static Reply reply(int code, String status, String text, String without) {
        String clean = Printable.of(text);
        Optional<EnhancedStatus> own = EnhancedStatus.parse(clean);
        if (own.isEmpty()) {
            return Reply.refusal(code, status, clean.isEmpty() ? without : clean);
        }
        EnhancedStatus fitting =
                new EnhancedStatus(code / 100, own.get().subject(), own.get().detail());
        int space = clean.indexOf(' ');
        return Reply.refusal(code, fitting.toString(), space < 0 ? without : clean.substring(space + 1));
    }

    private static PolicyAction prepend(String word, String text) {
        Matcher m = FIELD.matcher(text);
        return m.matches() ? new Prepend(word, m.group(1), Printable.of(m.group(2))) : new Unusable(word);
    }
}
