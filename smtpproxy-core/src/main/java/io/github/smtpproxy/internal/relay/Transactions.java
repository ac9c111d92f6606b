package io.github.smtpproxy.internal.relay;

import static io.github.smtpproxy.internal.wire.TrafficLog.TRAFFIC;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdicts;
import io.github.smtpproxy.internal.host.Refusals;
import io.github.smtpproxy.internal.message.ClientWait;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Tls;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;

/** The transactions of a session, one after the other: each begins with MAIL, and its end is an event and a line in the log. */
public final class Transactions {

    private static final String ENDED = "{} client={} helo={} login={} tls={} from={} recipients={}/{} octets={}"
            + " destination={} outcome={} reply=\"{}\" ms={}";
    private static final String ENDED_WITH_VERDICTS = ENDED + " verdicts=\"{}\"";

    /** In the log's line. */
    private static final int MAX_VERDICTS = 10;

    private final Relay relay;
    private final SessionState session;
    private volatile Optional<RelayTransaction> current = Optional.empty();
    private Optional<TransactionRelay> relaying = Optional.empty();
    private Runnable atEnd = () -> {};
    private boolean mailRefused;
    private int count;

    Transactions(Relay relay, SessionState session) {
        this.relay = relay;
        this.session = session;
    }

    /** The transaction that is running. */
    public Optional<RelayTransaction> current() {
        return current;
    }

    boolean isRunning() {
        return current.isPresent();
    }

    /** Whether a part of its message has come, and more is to come. */
    boolean isInMessage() {
        return current.filter(RelayTransaction::hasContent).isPresent();
    }

    /** Waits for the client's next command. */
    <T> T awaiting(ClientWait<T> wait) throws IOException {
        Optional<RelayTransaction> running = current;
        return running.isPresent() ? running.get().awaiting(wait) : wait.run();
    }

    /** What relays it. */
    public Optional<TransactionRelay> relay() {
        return relaying;
    }

    /** Gives the connection to the destination back for so long; false where the one that is running needs it now. */
    boolean rest(Connections connections, Duration delay) {
        boolean keeps = connections.areKeptFor(delay);
        return relaying.map(relay -> relay.rest(keeps)).orElse(true)
                && (keeps || connections.current().rest());
    }

    /** The name of the next one. */
    String nextId() {
        return session.id() + "-" + ++count;
    }

    /** @param ended called at its end */
    void begin(TransactionRelay begun, Runnable ended) {
        current = Optional.of(begun.transaction());
        relaying = Optional.of(begun);
        atEnd = ended;
        mailRefused = false;
        relay.listeners().notify(session, "transactionStarted", l -> l.transactionStarted(begun.transaction()));
    }

    /** The proxy refused MAIL, without the destination: RCPT and the message are out of order, whatever it would reply. */
    public void refuseMail() {
        mailRefused = true;
    }

    public boolean isMailRefused() {
        return mailRefused;
    }

    /** Ends this transaction, unless it has ended. */
    public void end(RelayTransaction transaction, Result result, Reply reply) {
        if (current.filter(transaction::equals).isPresent()) {
            end(result, Optional.of(reply));
        }
    }

    /** Ends the running transaction, if there is one. A refused MAIL, and XFORWARD, count until here. */
    public void end(Result result, Optional<Reply> reply) {
        mailRefused = false;
        current.ifPresent(ended -> end(ended, outcome(ended, result, reply)));
        session.forwarded(Optional.empty());
    }

    private void end(RelayTransaction ended, Outcome outcome) {
        ended.end();
        ended.giveBack();
        relaying.ifPresent(TransactionRelay::ended);
        current = Optional.empty();
        relaying = Optional.empty();
        atEnd.run();
        if (TRAFFIC.isInfoEnabled()) {
            write(ended, outcome);
        }
        relay.throttling().ended(ended.step());
        relay.filters().ended(ended, outcome);
        relay.listeners().notify(session, "transactionEnded", l -> l.transactionEnded(ended, outcome));
    }

    /** One that the client gave up since each of its recipients was refused was refused itself. */
    private static Outcome outcome(RelayTransaction ended, Result result, Optional<Reply> reply) {
        Optional<Reply> refusal = ended.refusalOfAll().filter(r -> result == Result.ABORTED);
        Outcome outcome = ended.outcome(refusal.isPresent() ? Result.REFUSED : result, refusal.or(() -> reply));
        Optional<By> by = outcome.reply().filter(Reply::isRefusal).map(Refusals::by);
        return by.map(outcome::refusedBy).orElse(outcome);
    }

    private void write(RelayTransaction ended, Outcome outcome) {
        String verdicts = verdicts(ended);
        TRAFFIC.info(
                verdicts.isEmpty() ? ENDED : ENDED_WITH_VERDICTS,
                ended.id(),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                field(session.hello().map(Hello::name).orElse("-")),
                // the proxy does not know who logged in at the destination
                session.authenticated() ? field(session.identity().orElse("yes")) : "-",
                session.tls().map(Tls::protocol).orElse("-"),
                field(ended.mail().toString()),
                outcome.recipientsAccepted(),
                outcome.recipientsAsked(),
                outcome.octets(),
                outcome.destination().map(Destination::toString).orElse("-"),
                outcome.result(),
                LogText.inQuotes(outcome.reply().map(Reply::toString).orElse("-")),
                outcome.duration().toMillis(),
                verdicts);
    }

    /** What filters found out, those that decided first. */
    private static String verdicts(RelayTransaction ended) {
        return LogText.inQuotes(Verdicts.of(ended).all().stream()
                .sorted(Comparator.comparing(Verdict::decision).reversed())
                .limit(MAX_VERDICTS)
                .map(Verdict::toString)
                .collect(Collectors.joining(", ")));
    }

    /** What a client sends must not look like a field of its own. */
    private static String field(String text) {
        return LogText.escape(text).replace(" ", "\\x20");
    }
}
