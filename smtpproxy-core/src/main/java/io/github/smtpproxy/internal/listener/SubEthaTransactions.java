package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.relay.TransactionHook;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import java.util.Optional;
import java.util.function.Supplier;
import org.subethamail.smtp.server.Session;

/** The transactions of one session, begun and ended in SubEtha. Used by the session's thread. */
final class SubEthaTransactions implements TransactionHook {

    private final Session session;
    private Optional<LiveTransaction> current = Optional.empty();
    private Optional<Supplier<TransactionRelay>> next = Optional.empty();

    SubEthaTransactions(Session session) {
        this.session = session;
    }

    @Override
    public TransactionRelay begin(Supplier<TransactionRelay> relay) {
        next = Optional.of(relay);
        session.startMailTransaction();
        return current.orElseThrow().relay();
    }

    @Override
    public void end() {
        session.resetMailTransaction();
        current = Optional.empty();
    }

    /** The handler of the running transaction. */
    Optional<LiveTransaction> current() {
        return current;
    }

    /** SubEtha asks for the handler of a transaction that begins. */
    LiveTransaction handler() {
        LiveTransaction begun = new LiveTransaction(next.orElseThrow().get());
        current = Optional.of(begun);
        return begun;
    }
}
