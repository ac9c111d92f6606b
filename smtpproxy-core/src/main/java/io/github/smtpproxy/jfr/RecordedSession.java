package io.github.smtpproxy.jfr;

import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Lease;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/** The events of one session that have begun. Used by the session's thread. */
final class RecordedSession {

    private Optional<SessionEvent> session = Optional.empty();
    private Optional<TransactionEvent> transaction = Optional.empty();
    private final Map<FilterCall, FilterEvent> filters = new IdentityHashMap<>();
    private final Map<Lease, LeaseEvent> leases = new IdentityHashMap<>();
    private int transactions;

    void began(SessionEvent event) {
        session = Optional.of(event);
    }

    Optional<SessionEvent> session() {
        return session;
    }

    void began(TransactionEvent event) {
        transaction = Optional.of(event);
        transactions++;
    }

    Optional<TransactionEvent> takeTransaction() {
        Optional<TransactionEvent> taken = transaction;
        transaction = Optional.empty();
        return taken;
    }

    int transactions() {
        return transactions;
    }

    void began(FilterCall call, FilterEvent event) {
        filters.put(call, event);
    }

    Optional<FilterEvent> take(FilterCall call) {
        return Optional.ofNullable(filters.remove(call));
    }

    void began(Lease lease, LeaseEvent event) {
        leases.put(lease, event);
    }

    Optional<LeaseEvent> take(Lease lease) {
        return Optional.ofNullable(leases.remove(lease));
    }
}
