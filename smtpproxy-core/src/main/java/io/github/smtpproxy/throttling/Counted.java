package io.github.smtpproxy.throttling;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttling.LimitKey.From;
import java.util.Locale;
import java.util.Set;

/** What a {@link LimitRate} counts. */
public enum Counted {
    /** Connections; {@code 421 4.7.0}. */
    CONNECTIONS(From.CONNECT, 421, "4.7.0"),

    /** MAIL commands; {@code 450 4.7.1}. */
    MESSAGES(From.MAIL, 450, "4.7.1"),

    /** RCPT commands; {@code 452 4.5.3}. */
    RECIPIENTS(From.RCPT, 452, "4.5.3"),

    /** Octets of messages, as they arrive; {@code 450 4.7.1}. A message that is larger than the burst is always refused. */
    OCTETS(From.MAIL, 450, "4.7.1"),

    /**
     * Recipients that the destination or a filter refuses as unknown: 550, 551 or 553, with the status 5.1.x or none. Once
     * they are used up, RCPT and new sessions are refused with {@code 421 4.7.0}.
     */
    UNKNOWN_RECIPIENTS(From.RCPT, 421, "4.7.0"),

    /** Failed logins. Once they are used up, further logins and new sessions are refused with {@code 421 4.7.0}. */
    FAILED_LOGINS(From.COMMANDS, 421, "4.7.0");

    private static final Set<Integer> UNKNOWN = Set.of(550, 551, 553);

    private final From from;
    private final int code;
    private final String status;

    Counted(From from, int code, String status) {
        this.from = from;
        this.code = code;
        this.status = status;
    }

    /** How many events a step is; 0 if it is not counted. */
    long events(Step step) {
        return switch (this) {
            case CONNECTIONS -> step instanceof Step.Connect ? 1 : 0;
            case MESSAGES -> step instanceof Step.Mail ? 1 : 0;
            case RECIPIENTS -> step instanceof Step.Rcpt ? 1 : 0;
            case OCTETS -> step instanceof Step.Data data ? data.octets() : 0;
            case UNKNOWN_RECIPIENTS -> step instanceof Step.Refusal refused && isUnknown(refused) ? 1 : 0;
            case FAILED_LOGINS -> step instanceof Step.Auth login && login.failed() ? 1 : 0;
        };
    }

    /** Whether a step that is not counted is refused where all events are used up. */
    boolean guards(Step step) {
        return switch (this) {
            case UNKNOWN_RECIPIENTS -> step instanceof Step.Connect || step instanceof Step.Rcpt;
            case FAILED_LOGINS -> step instanceof Step.Connect || step instanceof Step.Auth;
            default -> false;
        };
    }

    private static boolean isUnknown(Step.Refusal refused) {
        By by = refused.refusal().by();
        Reply reply = refused.reply();
        return (by == By.DESTINATION || by == By.FILTER)
                && refused.refusal().verb().equals("RCPT")
                && UNKNOWN.contains(reply.code())
                && reply.status().map(s -> s.subject() == 1).orElse(true);
    }

    /** Whether this key can be known where it is counted. */
    boolean canBeBy(LimitKey key) {
        return key.isKnownAt(from);
    }

    /** The refusal where no other is set. */
    Reply refusal(long seconds) {
        String again = seconds == 1 ? "1 second" : seconds + " seconds";
        return Reply.refusal(code, status, "Too many " + toString().replace('-', ' ') + ", try again in " + again);
    }

    /** In lower case, with hyphens. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
