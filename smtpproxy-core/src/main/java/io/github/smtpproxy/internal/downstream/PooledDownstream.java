package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Connections that one session leases from a pool, one for each transaction (multiplexing). Used by the session's thread;
 * {@link #close} and {@link #abort} by any.
 */
public final class PooledDownstream implements SessionDownstream, Borrower {

    private final ConnectionPool pool;
    private final Destinations destinations;
    private final Choice choice;
    private final Duration failover;
    private final Wire.Log name;
    private final String hostname;
    private final Client client;
    private final Listener listener;
    private Optional<Destination> destination = Optional.empty();
    private Optional<NotedLease> noted = Optional.empty();
    /** Whether a transaction knows of the connection. */
    private boolean leased;
    /** Whoever closes the connection from outside must not find one that others have by now. */
    private final ReentrantLock owning = new ReentrantLock();

    private volatile Optional<PooledConnection> current = Optional.empty();
    private volatile boolean aborted;
    /** Ends what the session waits for. */
    private volatile Runnable abortWait = () -> {};

    /**
     * @param failover after it no further server of a group is tried
     * @param name the session, for logs and the transcript
     * @param hostname the name of the proxy
     */
    public PooledDownstream(
            ConnectionPool pool,
            Destinations destinations,
            Choice choice,
            Duration failover,
            Wire.Log name,
            String hostname,
            Client client,
            Listener listener) {
        this.pool = pool;
        this.destinations = destinations;
        this.choice = choice;
        this.failover = failover;
        this.name = name;
        this.hostname = hostname;
        this.client = client;
        this.listener = listener;
    }

    @Override
    public Wire.Log name() {
        return name;
    }

    @Override
    public Optional<Destination> destination() {
        return destination;
    }

    @Override
    public Optional<Downstream> open() {
        return current.map(PooledConnection::downstream).filter(d -> !d.isLost());
    }

    @Override
    public Downstream get() {
        return current.orElseThrow().downstream();
    }

    @Override
    public Lease lease() {
        leased = true;
        return new PooledLease(pool, current.orElseThrow(), this, this::givenBack);
    }

    @Override
    public boolean isPooled() {
        return true;
    }

    /** Not before there is a transaction. */
    @Override
    public Answer connect(Target to, Envelope envelope) {
        return Answer.failed(Failure.UNREACHABLE);
    }

    @Override
    public Optional<Failure> ensure(Target to, Envelope envelope) {
        if (!leased) {
            ended();
        }
        if (open().isPresent()) {
            return Optional.empty();
        }
        Selection selection = new Selection(to, destinations, choice, envelope).within(failover);
        destination = Optional.of(to.destinations().get(0));
        Optional<Failure> failure = Optional.of(Failure.UNREACHABLE);
        Optional<Destination> next = selection.next();
        while (next.isPresent() && !aborted) {
            destination = next;
            Lent lent = lend(next.get());
            if (lent.connection().isPresent()) {
                return borrowed(lent.connection().get());
            }
            failure = lent.failure();
            next = lent.isFinal() ? Optional.empty() : selection.next();
        }
        return failure;
    }

    private Lent lend(Destination to) {
        long asked = System.nanoTime();
        Lent lent = pool.lend(PoolKey.of(to, client, hostname), this);
        try {
            await(() -> {});
            noted = Optional.of(NotedLease.of(to, lent, asked));
            listener.leased(noted.get().lease());
            return lent;
        } catch (RuntimeException | Error e) {
            // nobody else knows of the connection
            lent.connection().ifPresent(c -> pool.giveBack(c, Optional.of(Discard.LOST)));
            throw e;
        }
    }

    private Optional<Failure> borrowed(PooledConnection connection) {
        current = Optional.of(connection);
        if (aborted) {
            close();
        }
        return Optional.empty();
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public Failure whyNotOpen() {
        return Failure.UNREACHABLE;
    }

    /** The pool has introduced itself. */
    @Override
    public Answer introduce(Hello hello) {
        return Answer.failed(Failure.UNREACHABLE);
    }

    /** A lease is of the client that it was made for. */
    @Override
    public Optional<Destination> outdated() {
        return Optional.empty();
    }

    @Override
    public void clientLoggedIn() {
        throw new IllegalStateException("a client cannot log in through a pool");
    }

    @Override
    public boolean isClientLoginLost() {
        return false;
    }

    @Override
    public void forgetClient() {
        // nothing is known of it here
    }

    @Override
    public void closeIfIntroduced() {
        // it is the pool that is introduced
    }

    /** One that is leased is given back by its lease. */
    @Override
    public boolean rest() {
        return current.isEmpty();
    }

    @Override
    public boolean mayRest() {
        return true;
    }

    /** The pool stays. */
    @Override
    public Optional<Reply> quit(String line) {
        return Optional.empty();
    }

    /** One that no transaction gives back any more: an error came between. */
    @Override
    public void ended() {
        current.ifPresent(forgotten -> givenBack(forgotten, Optional.of(Discard.LOST)));
    }

    @Override
    public void close() {
        owning.lock();
        try {
            abortWait.run();
            current.map(PooledConnection::downstream).ifPresent(Downstream::close);
        } finally {
            owning.unlock();
        }
    }

    @Override
    public void abort() {
        aborted = true;
        close();
    }

    @Override
    public Object client() {
        return AddressBlock.of(client.announced().attributes().remote().getAddress());
    }

    @Override
    public Wire.Log log() {
        return name;
    }

    @Override
    public Optional<Hello> hello() {
        return client.hello();
    }

    @Override
    public Listener listener() {
        return listener;
    }

    @Override
    public Optional<Announcement> announcement() {
        return Optional.of(new Announcement(client::announced));
    }

    @Override
    public boolean isGone() {
        return aborted;
    }

    @Override
    public void waits(ServerPool.Waiter waiter) {
        await(waiter::cancel);
    }

    @Override
    public void probes(Downstream idle) {
        await(idle::close);
    }

    @Override
    public void connects(BreakableNetwork network) {
        await(network::breakOff);
    }

    private void await(Runnable abort) {
        owning.lock();
        try {
            abortWait = abort;
        } finally {
            owning.unlock();
        }
        if (aborted) {
            abort.run();
        }
    }

    /** The pool has it again. */
    private void givenBack(PooledConnection connection, Optional<Discard> unfit) {
        NotedLease note = noted.orElseThrow();
        disown();
        pool.giveBack(connection, unfit);
        listener.returned(note.lease(), note.used());
    }

    private void disown() {
        owning.lock();
        try {
            current = Optional.empty();
            leased = false;
        } finally {
            owning.unlock();
        }
    }
}
