package io.github.smtpproxy.state;

import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where proxies count and remember together, such as {@code RedisState}. A proxy that is given one
 * ({@code SmtpProxyBuilder.sharedState}) has all its sessions know it; throttles, greylists and reputations find it there,
 * however they are wrapped, unless they were given another place. Thread-safe.
 */
public interface SharedState {

    /** The state that a proxy shares: an attribute of each of its sessions, and of none where it shares nothing. */
    Key<SharedState> KEY = Key.of("shared state", SharedState.class);

    /** What is remembered. */
    Store store();

    /** What is counted. */
    Limits limits();

    /** These two, such as those in memory that proxies of one JVM share. */
    static SharedState of(Store store, Limits limits) {
        Objects.requireNonNull(store, "store");
        Objects.requireNonNull(limits, "limits");
        return new Both(store, limits);
    }

    /** The state that the proxy of a session shares, if it does. On the session's thread. */
    static Optional<SharedState> of(Session session) {
        return Objects.requireNonNull(session, "session").attribute(KEY);
    }

    /** The limits that the proxy of a session shares, or these where it shares none. */
    static Function<Session, Limits> limitsOr(Limits own) {
        Objects.requireNonNull(own, "limits");
        return session -> of(session).map(SharedState::limits).orElse(own);
    }

    /** The store that the proxy of a session shares, or this one where it shares none. */
    static Function<Session, Store> storeOr(Store own) {
        Objects.requireNonNull(own, "store");
        return session -> of(session).map(SharedState::store).orElse(own);
    }
}
