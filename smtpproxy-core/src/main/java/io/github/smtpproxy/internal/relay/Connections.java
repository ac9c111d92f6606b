package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.downstream.OwnDownstream;
import io.github.smtpproxy.internal.downstream.PooledDownstream;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.wire.Wire;
import java.time.Duration;
import java.util.Optional;

/**
 * How one session reaches destinations: on a connection of its own, or by a pool until its client logs in at the
 * destination. Used by the session's thread; {@link #abort} by any.
 */
final class Connections {

    private static final Duration BRIEF = Duration.ofSeconds(2);

    private final Relay relay;
    private final SessionState state;
    private final Wire.Log name;
    private final DestinationEvents events;
    private final Optional<SessionDownstream> pooled;
    private volatile SessionDownstream current;
    /** A connection beside, for one message. */
    private volatile Optional<SessionDownstream> beside = Optional.empty();

    private volatile boolean aborted;

    Connections(Relay relay, SessionState state) {
        this.relay = relay;
        this.state = state;
        this.name = new Wire.Log(relay.transcript(), state.id(), Transcript.Lane.DESTINATION);
        this.events = new DestinationEvents(relay.listeners(), state);
        this.pooled = relay.pool()
                .map(pool -> new PooledDownstream(
                        pool,
                        relay.destinations(),
                        relay.balancing(),
                        relay.timeouts().failover(),
                        name,
                        relay.endpoint().hostname(),
                        state,
                        events));
        this.current = pooled.orElseGet(this::own);
    }

    private SessionDownstream own() {
        return new OwnDownstream(
                relay.network().of(state),
                relay.timeouts(),
                relay.destinations(),
                relay.balancing(),
                name,
                relay.endpoint().hostname(),
                state,
                events);
    }

    SessionDownstream current() {
        return current;
    }

    /** Whether a delay is too short to open the session's own connection anew behind it. */
    boolean areKeptFor(Duration delay) {
        return !current.isPooled() && delay.compareTo(BRIEF) < 0;
    }

    /** From now on the session has a connection of its own: a login belongs to its connection, and to nobody else. */
    void leavePool() {
        use(own());
    }

    /** A connection for one message that goes elsewhere. */
    SessionDownstream beside() {
        SessionDownstream other = own();
        beside = Optional.of(other);
        if (aborted) {
            other.abort();
        }
        return other;
    }

    /** What comes next is another client's, or the login came to nothing. */
    void returnToPool() {
        if (pooled.isPresent() && !current.isPooled()) {
            current.abort();
            use(pooled.get());
        }
    }

    /** Whoever aborts the session may have done so just before. */
    private void use(SessionDownstream other) {
        current = other;
        if (aborted) {
            other.abort();
        }
    }

    /** The session is over. */
    void ended() {
        pooled.ifPresent(SessionDownstream::ended);
    }

    /** Closes the connection; no other will be opened. Any thread. */
    void abort() {
        aborted = true;
        current.abort();
        beside.ifPresent(SessionDownstream::abort);
    }
}
