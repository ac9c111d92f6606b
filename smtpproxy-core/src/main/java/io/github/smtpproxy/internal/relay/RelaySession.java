package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * One session, as its commands see it: the client's side, the destination's side, and the transaction between them.
 * Confined to the session's thread, except {@link #endWaits} and {@link #abort}.
 */
public final class RelaySession {

    /** Octets of a line of an authentication exchange (RFC 4954 §4). */
    public static final int MAX_AUTH_LINE = 12_288;

    private final Relay relay;
    private final TransactionHook hook;
    private final SessionState state;
    private final Wire client;
    private final Connections connections;
    private final Transactions transactions;
    private final Pacing pacing;
    private final Admission admission;
    private final SessionTimes times;
    private final ClientErrors errors;
    private final Logins logins;
    private final TrustedPeer peer;
    private final Departure departure;
    private final SessionFaults faults;
    private final ClientEncryption tls;
    private final Initiation initiation;
    private boolean closing;
    private boolean quit;
    private boolean secretsMayFollow;

    /** @param nanoTime the clock of the times that a client is given */
    public RelaySession(Relay relay, TransactionHook hook, SessionState state, Wire client, LongSupplier nanoTime) {
        this.relay = relay;
        this.hook = hook;
        this.state = state;
        this.client = client;
        this.connections = new Connections(relay, state);
        this.transactions = new Transactions(relay, state);
        this.times = new SessionTimes(relay, transactions::isRunning, nanoTime);
        this.admission = new Admission(nanoTime);
        this.peer = new TrustedPeer(relay.endpoint(), state);
        BooleanSupplier kept = () -> relay.pressure().isNone() || transactions.isInMessage();
        Place place = new Place(client, kept, transactions::isRunning, () -> pacing().end(), nanoTime);
        this.pacing = new Pacing(
                state.id(), relay.throttling(), delay -> transactions.rest(connections, delay), place, times);
        this.faults = new SessionFaults(relay.faults(), state, pacing);
        this.errors = new ClientErrors(state, pacing, relay);
        this.logins = new Logins(state, relay, pacing);
        this.departure = new Departure(client, place, transactions::isRunning, this::endWaits, this::abort, nanoTime);
        this.tls = new ClientEncryption(relay, client, state, departure);
        this.initiation = new Initiation(relay, state, downstream(), pacing, client);
    }

    public Relay relay() {
        return relay;
    }

    public SessionState state() {
        return state;
    }

    public Wire client() {
        return client;
    }

    Connections connections() {
        return connections;
    }

    public SessionDownstream downstream() {
        return connections.current();
    }

    /** How failures of the destination become replies. */
    public FailureReplies failures() {
        return downstream().isPooled() ? FailureReplies.MULTIPLEXING : FailureReplies.SYNCHRONOUS;
    }

    public Transactions transactions() {
        return transactions;
    }

    /** The transaction that is running. */
    public Optional<RelayTransaction> transaction() {
        return transactions.current();
    }

    public Pacing pacing() {
        return pacing;
    }

    public SessionFaults faults() {
        return faults;
    }

    public Admission admission() {
        return admission;
    }

    /** How long the session and its transaction may last. */
    public SessionTimes times() {
        return times;
    }

    public Logins logins() {
        return logins;
    }

    public TrustedPeer peer() {
        return peer;
    }

    public ClientEncryption tls() {
        return tls;
    }

    ClientErrors errors() {
        return errors;
    }

    Departure departure() {
        return departure;
    }

    Initiation initiation() {
        return initiation;
    }

    /** Whether the session ends once its replies are written. */
    public boolean isClosing() {
        return closing;
    }

    public void quit() {
        quit = true;
        closing = true;
    }

    boolean isQuit() {
        return quit;
    }

    public void close() {
        closing = true;
    }

    /**
     * Whether a line that is no command may be a secret: a client whose login was refused may go on with it, and it is not
     * to be relayed as a command.
     */
    public boolean secretsMayFollow() {
        return secretsMayFollow;
    }

    void secretsMayFollow(boolean may) {
        secretsMayFollow = may;
    }

    /** Reads the client's next line. */
    public CommandLine readLine(Duration timeout, int max) throws IOException {
        Duration whole = times.fromFirstOctet(timeout);
        return departure.awaitClient(
                () -> transactions.awaiting(() -> client.readCommand(timeout, whole, max, MAX_AUTH_LINE)));
    }

    /** The reply to a client whose line did not come whole in time. */
    public Reply lineTimedOut() {
        if (departure.place().isTaken()) {
            return Replies.NO_PLACE;
        }
        if (times.areOver()) {
            return times.over();
        }
        if (isDraining() && transaction().isEmpty()) {
            return Replies.DRAINING;
        }
        return client.hasBuffered() ? Replies.TOO_SLOW : Replies.IDLE;
    }

    boolean isDraining() {
        return relay.draining().getAsBoolean();
    }

    /**
     * Opens the session for the client, as far as it is known by now: the greeting.
     *
     * @throws IOException if a fault hung up, or the client
     */
    public Reply open() throws IOException {
        Optional<Reply> fault = faults.connect();
        Reply greeting = fault.isPresent() ? fault.get() : initiation.greeting();
        if (greeting.isPermanent()) {
            admission.reject();
        } else if (!greeting.isPositive()) {
            close();
        }
        return greeting;
    }

    /** Another client goes on with the session: nothing of the former one is left. */
    public void forgetClient() {
        transactions.end(Result.ABORTED, Optional.empty());
        initiation.leave();
        downstream().close();
        downstream().forgetClient();
        connections.returnToPool();
        state.home(Optional.empty());
        state.target(Optional.empty());
        errors.forget();
        state.forget();
        state.forgetAttributes();
    }

    /** Begins a transaction, which the throttles let pass. */
    public TransactionRelay begin(Step.Mail step) {
        times.transactionBegins();
        departure.place().score(relay.pressure().score(state));
        RelayTransaction transaction = new RelayTransaction(transactions.nextId(), state, step, relay.budget());
        TransactionRelay begun = hook.begin(() -> new TransactionRelay(this, transaction));
        transactions.begin(begun, hook::end);
        return begun;
    }

    /** Whether the client's login at the destination was lost with its connection: the session cannot go on without it. */
    boolean isLoginLost() {
        return downstream().isClientLoginLost();
    }

    /**
     * Opens the downstream connection where it is not open.
     *
     * @return the reply where the client cannot go on
     */
    public Optional<Reply> open(Target target) {
        return open(target, new Envelope(state, transaction().map(RelayTransaction::mail), Optional.empty()));
    }

    /**
     * Opens a connection of the session's own, where its client logs in at the destination.
     *
     * @return the reply where there is none
     */
    public Optional<Reply> openOwn() {
        if (state.home().isPresent()) {
            return open(state.home().get());
        }
        connections.leavePool();
        Optional<Reply> refused = open(state.target().orElseThrow());
        if (refused.isPresent()) {
            connections.returnToPool();
        } else {
            state.home(downstream().destination());
        }
        return refused;
    }

    /** The same for an envelope that is known better. */
    Optional<Reply> open(Target target, Envelope envelope) {
        return downstream()
                .ensure(target, envelope)
                .map(failures()::reply)
                .or(() -> downstream().isReady() ? Optional.empty() : Optional.of(Replies.HELLO_FIRST));
    }

    /**
     * The downstream connection of the destination that is known by now, opened again where it was lost. A connection of an
     * earlier transaction with another route is none.
     */
    public Optional<Downstream> destination() {
        boolean known = state.home().isPresent()
                || transaction().filter(RelayTransaction::isOpen).isPresent();
        boolean barred = state.home().flatMap(this::open).isPresent();
        return barred || !known ? Optional.empty() : downstream().open();
    }

    /**
     * Relays a command that is out of order for the destination to refuse in its own words. Should it accept the command, the
     * connection is closed, so that nothing comes of it.
     */
    public Reply outOfOrder(String line, Reply fallback) {
        Optional<Downstream> destination = destination();
        if (destination.isEmpty()) {
            return fallback;
        }
        Answer answer = line.startsWith("DATA")
                ? destination.get().data(line).await()
                : destination.get().ask(line);
        return unwanted(failures().reply(answer), fallback);
    }

    /** The destination's refusal of what is out of order; what it accepted is undone. */
    public Reply unwanted(Reply reply, Reply fallback) {
        if (reply.isRefusal()) {
            return reply;
        }
        downstream().close();
        boolean refused = transaction().flatMap(RelayTransaction::refusalOfAll).isPresent();
        transactions.end(refused ? Result.ABORTED : Result.FAILED, Optional.of(fallback));
        return fallback;
    }

    /** RCPT or the message without a transaction: where the proxy refused MAIL, the destination is not to go on with it. */
    public Reply needMail(String line) {
        return transactions.isMailRefused() ? Replies.NEED_MAIL : outOfOrder(line, Replies.NEED_MAIL);
    }

    /** Ends waits for the destination and for throttles, after which nothing is sent. Any thread. */
    void endWaits() {
        downstream().close();
        pacing.end();
    }

    /** Closes the connections that are the session's own; one that is leased is given back by the transaction's end. */
    void leaveClient() {
        client.close();
        if (!downstream().isPooled()) {
            abort();
        }
    }

    /** Closes both connections at once, and only then ends a delay: nothing goes on behind it. Any thread. */
    void abort() {
        client.close();
        connections.abort();
        pacing.end();
    }
}
