package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.event.Discard;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A connection of a pool, for one transaction. */
final class PooledLease implements Lease {

    private final ConnectionPool pool;
    private final PooledConnection connection;
    private final Borrower borrower;
    private final BiConsumer<PooledConnection, Optional<Discard>> giveBack;
    private boolean over;

    /** @param giveBack gives the connection back, with the reason why it cannot be lent again */
    PooledLease(
            ConnectionPool pool,
            PooledConnection connection,
            Borrower borrower,
            BiConsumer<PooledConnection, Optional<Discard>> giveBack) {
        this.pool = pool;
        this.connection = connection;
        this.borrower = borrower;
        this.giveBack = giveBack;
    }

    @Override
    public Downstream downstream() {
        return connection.downstream();
    }

    @Override
    public void announce(String transaction) {
        pool.handshake(connection, borrower).forward(transaction);
    }

    @Override
    public void release() {
        Downstream downstream = connection.downstream();
        if (!over && (downstream.isInMessage() || downstream.hasTransaction())) {
            downstream.reset();
        }
    }

    @Override
    public void ended() {
        if (!over) {
            over = true;
            giveBack.accept(connection, settle());
        }
    }

    private Optional<Discard> settle() {
        try {
            return pool.settle(connection);
        } catch (RuntimeException | Error e) {
            giveBack.accept(connection, Optional.of(Discard.LOST));
            throw e;
        }
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public void close() {
        if (!over) {
            connection.downstream().close();
        }
    }
}
