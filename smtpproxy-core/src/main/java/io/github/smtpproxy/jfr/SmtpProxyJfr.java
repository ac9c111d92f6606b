package io.github.smtpproxy.jfr;

import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives the JDK's Flight Recorder events of sessions, transactions, filters and leases of connections, while a recording runs
 * that wants them; what began before the recording is not in it. Without one they cost next to nothing.
 *
 * <pre>{@code
 * SmtpProxy.builder().listener(new SmtpProxyJfr())
 * }</pre>
 *
 * <p>No event has a mail address, a user or a text of a reply; that of a session has the client's address. May listen to
 * several proxies. Any thread.
 */
public final class SmtpProxyJfr implements ProxyListener {

    private final Map<Session, RecordedSession> sessions = new ConcurrentHashMap<>();

    /** @throws IllegalStateException if the JVM is without the module {@code jdk.jfr} */
    public SmtpProxyJfr() {
        if (ModuleLayer.boot().findModule("jdk.jfr").isEmpty()) {
            throw new IllegalStateException(
                    "SmtpProxyJfr needs the module jdk.jfr: start the JVM with --add-modules jdk.jfr");
        }
    }

    private RecordedSession begun(Session session) {
        return sessions.computeIfAbsent(session, s -> new RecordedSession());
    }

    private Optional<RecordedSession> recorded(Session session) {
        return sessions.isEmpty() ? Optional.empty() : Optional.ofNullable(sessions.get(session));
    }

    @Override
    public void sessionStarted(Session session) {
        SessionEvent event = new SessionEvent();
        if (event.isEnabled()) {
            event.begin();
            begun(session).began(event);
        }
    }

    @Override
    public void sessionEnded(Session session) {
        Optional<RecordedSession> recorded = recorded(session);
        sessions.remove(session);
        recorded.flatMap(RecordedSession::session)
                .filter(SessionEvent::shouldCommit)
                .ifPresent(event -> commit(event, session, recorded.get().transactions()));
    }

    private static void commit(SessionEvent event, Session session, int transactions) {
        InetAddress client = session.remoteAddress().getAddress();
        event.session = session.id();
        event.endpoint = session.endpoint();
        event.client = client.isAnyLocalAddress() ? null : client.getHostAddress();
        event.tls = session.tls().map(Tls::protocol).orElse(null);
        event.transactions = transactions;
        event.commit();
    }

    @Override
    public void transactionStarted(Transaction transaction) {
        TransactionEvent event = new TransactionEvent();
        if (event.isEnabled()) {
            event.begin();
            begun(transaction.session()).began(event);
        }
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        recorded(transaction.session())
                .flatMap(RecordedSession::takeTransaction)
                .filter(TransactionEvent::shouldCommit)
                .ifPresent(event -> commit(event, transaction, outcome));
    }

    private static void commit(TransactionEvent event, Transaction transaction, Outcome outcome) {
        event.transaction = transaction.id();
        event.destination = outcome.destination().map(Destination::toString).orElse(null);
        event.outcome = lower(outcome.result());
        event.refusedBy = outcome.refusedBy().map(SmtpProxyJfr::lower).orElse(null);
        event.code = outcome.reply().map(Reply::code).orElse(0);
        event.octets = outcome.octets();
        event.recipientsAccepted = outcome.recipientsAccepted();
        event.recipientsRefused = outcome.recipientsRefused();
        event.commit();
    }

    @Override
    public void filterStarted(Session session, FilterCall call) {
        FilterEvent event = new FilterEvent();
        if (event.isEnabled()) {
            event.begin();
            begun(session).began(call, event);
        }
    }

    @Override
    public void filterEnded(Session session, FilterCall call, Duration own) {
        recorded(session)
                .flatMap(s -> s.take(call))
                .filter(FilterEvent::shouldCommit)
                .ifPresent(event -> {
                    event.session = call.transaction().map(Transaction::id).orElse(session.id());
                    event.filter = call.filter();
                    event.step = call.step().toLowerCase(Locale.ROOT);
                    event.own = own.toNanos();
                    event.commit();
                });
    }

    @Override
    public void leased(Session session, Lease lease) {
        LeaseEvent event = new LeaseEvent();
        if (!event.isEnabled()) {
            return;
        }
        event.begin();
        if (lease.result() == Lease.Result.GRANTED) {
            begun(session).began(lease, event);
        } else if (event.shouldCommit()) {
            commit(event, session, lease);
        }
    }

    @Override
    public void returned(Session session, Lease lease, Duration used) {
        recorded(session)
                .flatMap(s -> s.take(lease))
                .filter(LeaseEvent::shouldCommit)
                .ifPresent(event -> commit(event, session, lease));
    }

    private static void commit(LeaseEvent event, Session session, Lease lease) {
        event.session = session.id();
        event.destination = lease.destination().toString();
        event.result = lower(lease.result());
        event.waited = lease.waited().toNanos();
        event.opened = lease.opening().isPresent();
        event.commit();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
