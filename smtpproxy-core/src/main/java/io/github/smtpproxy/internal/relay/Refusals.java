package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who refused what the client said: each refusal that it hears is told once, to the listeners and in the log. Filters,
 * throttles and the router are noted where they refuse. What nobody was noted for is the destination's if it came over the
 * wire; else it is ours.
 */
final class Refusals {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    /** Lines in the log about one session: no client is to fill the disk. */
    private static final int MAX_LINES = 1_000;

    private static final String NO_COMMAND = "-";

    private final SessionState session;
    private final List<Noted> noted = new ArrayList<>();
    private String verb = "CONNECT";
    private Optional<RelayTransaction> running = Optional.empty();
    private int lines;

    private record Noted(Reply reply, By by, String name) {}

    /** What a reply answers, and who gave it, as far as that is known when it is owed. */
    record Answered(String verb, Optional<RelayTransaction> transaction, Optional<Noted> by) {}

    Refusals(SessionState session) {
        this.session = session;
    }

    /** The next replies answer this line. */
    void command(String line, Optional<RelayTransaction> inTransaction) {
        verb = Redaction.knownVerb(line).orElse(NO_COMMAND);
        running = inTransaction;
        noted.clear();
    }

    /** The next replies answer nothing that the client said. */
    void noCommand(Optional<RelayTransaction> inTransaction) {
        command("", inTransaction);
    }

    /** This refusal is theirs. */
    Reply note(By by, Object whose, Reply refusal) {
        noted.add(new Noted(refusal, by, ForeignCode.name(whose)));
        return refusal;
    }

    /** @param now the transaction under way; one that the command has ended still counts as its own */
    Answered answered(Reply reply, Optional<RelayTransaction> now) {
        return new Answered(verb, now.or(() -> running), noted(reply));
    }

    /** Whether anybody but the destination says so. */
    boolean isOurs(Reply reply, Answered answered) {
        return answered.by.isPresent() || !reply.isParsed();
    }

    /** Tells of a refusal that is about to be written. It may stand in the place of the one that was owed. */
    void tell(Answered answered, Reply owed, Reply said, Optional<Destination> destination, Listeners listeners) {
        Noted by = (said == owed ? answered.by : noted(said)).orElseGet(() -> noted(said, destination));
        Refusal refusal = new Refusal(
                by.by, by.name, answered.verb, said, answered.transaction.map(RelayTransaction.class::cast));
        if (log.isInfoEnabled() && lines <= MAX_LINES) {
            write(refusal);
        }
        listeners.tell(session, "refused", l -> l.refused(session, refusal));
    }

    private Optional<Noted> noted(Reply reply) {
        for (int i = noted.size() - 1; i >= 0; i--) {
            if (noted.get(i).reply == reply) {
                return Optional.of(noted.get(i));
            }
        }
        return Optional.empty();
    }

    private static Noted noted(Reply said, Optional<Destination> destination) {
        String there = destination.map(Destination::toString).orElse("");
        if (said.isParsed()) {
            return new Noted(said, By.DESTINATION, there);
        }
        return Replies.limit(said)
                .map(setting -> new Noted(said, By.LIMIT, setting))
                .orElseGet(() -> new Noted(said, By.PROXY, FailureReplies.isOne(said) ? there : ""));
    }

    private void write(Refusal refusal) {
        lines++;
        if (lines > MAX_LINES) {
            log.info("{}: further refusals are left out", session.id());
            return;
        }
        log.info(
                "{} client={} verb={} refused-by={}{} reply={}",
                refusal.transaction().map(t -> t.id()).orElse(session.id()),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                refusal.verb(),
                refusal.by(),
                refusal.name().isEmpty() ? "" : ":" + refusal.name(),
                LogText.quoted(shown(refusal)));
    }

    /** A server may repeat what it did not understand, and that may have been a secret. */
    private static String shown(Refusal refusal) {
        Reply reply = refusal.reply();
        boolean secret = refusal.verb().equals("AUTH") || refusal.verb().equals(NO_COMMAND);
        return secret && reply.isParsed()
                ? reply.code()
                        + reply.status()
                                .map(EnhancedStatus::toString)
                                .map(s -> " " + s)
                                .orElse("")
                : reply.toString();
    }
}
