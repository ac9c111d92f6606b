package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the parameters of an envelope that goes to a destination which lacks their extensions: to another one
 * than that whose reply to EHLO the client got. A parameter whose loss changes nothing for the delivery is dropped;
 * where more would be lost, the command or the message is refused for good, since trying again would not help. Confined
 * to the session's thread.
 */
public final class ParameterRules {

    private static final Logger log = LoggerFactory.getLogger(ParameterRules.class);

    private enum Loss {
        DROPPED,
        /** Dropped, and the message is refused if it is not in US-ASCII. */
        DROPPED_FROM_ASCII,
        REFUSED
    }

    /** One parameter, the extension that it belongs to, and why it may be lost, or why not. */
    private record Rule(String extension, Loss loss, OwnReply refusal, String reason) {}

    private static final OwnReply UNKNOWN =
            OwnReply.refusal(555, "5.5.4", "A parameter is not known where the mail goes");
    private static final OwnReply NO_FEATURE =
            OwnReply.refusal(550, "5.3.3", "What is asked for cannot be had where the mail goes");
    private static final OwnReply NO_BINARY = OwnReply.refusal(554, "5.6.1", "Binary message cannot be sent there");
    private static final OwnReply NO_8_BIT =
            OwnReply.refusal(554, "5.6.3", "Message of 8-bit octets cannot be sent there");
    private static final OwnReply NO_UTF_8 =
            OwnReply.refusal(550, "5.6.9", "Message that may have UTF-8 header fields cannot be sent there");
    private static final OwnReply NO_UTF_8_ADDRESS =
            OwnReply.refusal(550, "5.6.7", "Address that is not in US-ASCII cannot be sent there");
    private static final OwnReply NO_TLS = OwnReply.refusal(550, "5.7.30", "REQUIRETLS support required");
    private static final OwnReply NO_RRVS =
            OwnReply.refusal(550, "5.7.19", "Whose mailbox it is cannot be tested where the mail goes");
    private static final OwnReply TOO_BIG = OwnReply.refusal(552, "5.3.4", "Message is too big for where it goes");

    private static final Map<String, Rule> LIST = Map.ofEntries(
            dropped("SIZE", "SIZE", "an estimate: the octets that come count (RFC 1870)"),
            dropped("RET", "DSN", "must not be sent to a server without DSN (RFC 3461 §5.2.2)"),
            dropped("ENVID", "DSN", "the same"),
            dropped("ORCPT", "DSN", "the same"),
            dropped("NOTIFY", "DSN", "the same; the proxy sends no notification of its own"),
            dropped("AUTH", "AUTH", "without it the submitter is unknown, as AUTH=<> says (RFC 4954 §5)"),
            dropped("MT-PRIORITY", "MT-PRIORITY", "a server without priorities has one for all (RFC 6710)"),
            dropped("MTRK", "MTRK", "the way of the message can be followed to here (RFC 3885)"),
            dropped("SUBMITTER", "SUBMITTER", "the header section tells the same (RFC 4405)"),
            dropped("BY", "DELIVERBY", "only a notification of lateness (RFC 2852)"),
            refused("BY=R", "DELIVERBY", NO_FEATURE, "late mail is to be returned, and would be delivered (RFC 2852)"),
            refused("HOLDFOR", "FUTURERELEASE", NO_FEATURE, "it would be released at once (RFC 4865)"),
            refused("HOLDUNTIL", "FUTURERELEASE", NO_FEATURE, "the same"),
            refused("REQUIRETLS", "REQUIRETLS", NO_TLS, "it could go on in plain text (RFC 8689)"),
            refused("RRVS", "RRVS", NO_RRVS, "a new owner of the mailbox would get it (RFC 7293)"),
            fromAscii("SMTPUTF8", "SMTPUTF8", NO_UTF_8, "cannot be downgraded on the way (RFC 6531 §3.2)"),
            dropped("BODY=7BIT", "8BITMIME", "what is meant without it (RFC 6152)"),
            fromAscii("BODY=8BITMIME", "8BITMIME", NO_8_BIT, "must not be sent there (RFC 6152 §3)"),
            refused("BODY=BINARYMIME", "BINARYMIME", NO_BINARY, "no lines, so it cannot follow DATA (RFC 3030 §3)"));

    private final String transaction;
    private final Downstream there;
    private final Predicate<String> missing;
    private final Optional<Long> limit;
    private boolean noted;

    private ParameterRules(String transaction, Downstream there, Predicate<String> missing, Optional<Long> limit) {
        this.transaction = transaction;
        this.there = there;
        this.missing = missing;
        this.limit = limit;
    }

    /**
     * For the destination of a transaction. What the client was not offered goes there as it is, to be refused in its words.
     *
     * @param transaction its name, for the log
     */
    public static ParameterRules of(String transaction, Downstream there, Extensions offered) {
        return new ParameterRules(transaction, there, k -> offered.has(k) && lacks(there, k), Optional.empty());
    }

    /** For another destination than that of the transaction, which the client cannot know of. */
    static ParameterRules elsewhere(String transaction, Downstream there) {
        return new ParameterRules(
                transaction, there, k -> lacks(there, k), there.extensions().size());
    }

    private static boolean lacks(Downstream there, String extension) {
        Extensions offered = there.extensions();
        return switch (extension) {
            case "BINARYMIME" -> !offered.has(extension) || !offered.has("CHUNKING");
            case "REQUIRETLS" -> !offered.has(extension) || !there.destination().verifies();
            default -> !offered.has(extension);
        };
    }

    /** Why MAIL cannot go there. */
    public Optional<Reply> refusal(MailFrom mail) {
        boolean tooBig = limit.isPresent() && mail.size().orElse(0L) > limit.get();
        return tooBig
                ? Optional.of(TOO_BIG)
                : refusal(
                        mail.parameters(),
                        mail.withParameters(Parameters.none()).wireLine());
    }

    /** Why RCPT cannot go there. */
    public Optional<Reply> refusal(RcptTo rcpt) {
        return refusal(rcpt.parameters(), rcpt.withParameters(Parameters.none()).wireLine());
    }

    private Optional<Reply> refusal(Parameters parameters, String address) {
        if (missing.test("SMTPUTF8") && address.chars().anyMatch(c -> c > 127)) {
            return Optional.of(NO_UTF_8_ADDRESS);
        }
        return lost(parameters).stream()
                .map(keyword -> rule(keyword, parameters))
                .filter(rule -> rule.loss == Loss.REFUSED)
                .<Reply>map(Rule::refusal)
                .findFirst();
    }

    /** MAIL as it goes there, if it may. */
    public MailFrom fit(MailFrom mail) {
        return mail.withParameters(fit(mail.parameters()));
    }

    /** RCPT as it goes there, if it may. */
    public RcptTo fit(RcptTo rcpt) {
        return rcpt.withParameters(fit(rcpt.parameters()));
    }

    private Parameters fit(Parameters parameters) {
        Parameters fit = parameters;
        for (String keyword : lost(parameters)) {
            fit = fit.without(keyword);
            note(keyword);
        }
        return fit;
    }

    /** Who asked for a notification, or for none, may get what he did not ask for: the log has the reason. */
    private void note(String keyword) {
        if (keyword.equals("NOTIFY") && !noted) {
            noted = true;
            log.info("{}: {} does not offer DSN, NOTIFY is not sent to it", transaction, there.destination());
        }
    }

    /** The writer of a message with this MAIL: one that refuses it where it turns out to be no message for there. */
    MessageWriter guarding(MessageWriter writer, MailFrom mail) {
        return lost(mail.parameters()).stream()
                .map(keyword -> rule(keyword, mail.parameters()))
                .filter(rule -> rule.loss == Loss.DROPPED_FROM_ASCII)
                .findFirst()
                .<MessageWriter>map(rule -> new AsciiWriter(writer, rule.refusal))
                .orElse(writer);
    }

    private List<String> lost(Parameters parameters) {
        return parameters.keywords().stream()
                .filter(keyword -> missing.test(rule(keyword, parameters).extension))
                .toList();
    }

    private static Rule rule(String keyword, Parameters parameters) {
        String value = parameters.value(keyword).orElse("").toUpperCase(Locale.ROOT);
        String kind = switch (keyword) {
            case "BODY" -> keyword + "=" + value;
            case "BY" -> value.contains(";R") ? "BY=R" : keyword;
            default -> keyword;
        };
        return LIST.getOrDefault(kind, new Rule(keyword, Loss.REFUSED, UNKNOWN, "nobody here knows what it means"));
    }

    private static Map.Entry<String, Rule> dropped(String parameter, String extension, String reason) {
        return Map.entry(parameter, new Rule(extension, Loss.DROPPED, UNKNOWN, reason));
    }

    private static Map.Entry<String, Rule> fromAscii(
            String parameter, String extension, OwnReply refusal, String reason) {
        return Map.entry(parameter, new Rule(extension, Loss.DROPPED_FROM_ASCII, refusal, reason));
    }

    private static Map.Entry<String, Rule> refused(
            String parameter, String extension, OwnReply refusal, String reason) {
        return Map.entry(parameter, new Rule(extension, Loss.REFUSED, refusal, reason));
    }
}
