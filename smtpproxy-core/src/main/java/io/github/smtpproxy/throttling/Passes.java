package io.github.smtpproxy.throttling;

import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who has passed a test, by address or /64 of IPv6, for some time. A client whose address is unknown never has. Thread-safe. */
final class Passes {

    private static final Logger log = LoggerFactory.getLogger(Passes.class);
    private static final int ENTRIES = 100_000;
    private static final String PASSED = "passed";

    private final String test;
    private final Duration lifetime;
    private final Function<Session, Store> store;

    private Passes(String test, Duration lifetime, Function<Session, Store> store) {
        this.test = test;
        this.lifetime = lifetime;
        this.store = store;
    }

    /** In the store that the proxy shares, else in memory. */
    static Passes of(String test, Duration lifetime) {
        return new Passes(test, lifetime, SharedState.storeOr(MemoryStore.ofAtMost(ENTRIES)));
    }

    Passes in(Store other) {
        return new Passes(test, lifetime, session -> other);
    }

    boolean has(Session session) {
        return key(session)
                .flatMap(key -> ask(session, () -> store.apply(session).get(key)))
                .isPresent();
    }

    /** The first pass counts from now; one that is there already goes on. */
    void add(Session session) {
        key(session)
                .ifPresent(key -> ask(session, () -> {
                    store.apply(session).replace(key, Optional.empty(), PASSED, lifetime);
                    return Optional.empty();
                }));
    }

    private Optional<String> key(Session session) {
        InetAddress address = session.remoteAddress().getAddress();
        return address.isAnyLocalAddress() ? Optional.empty() : Optional.of(Keys.of("pass-" + test, host(address)));
    }

    /** An address of IPv6 is one of many that its host has: the network stands for them. */
    private static String host(InetAddress address) {
        return address instanceof Inet4Address ? address.getHostAddress() : Keys.network(address);
    }

    private interface Question {
        Optional<String> ask();
    }

    private Optional<String> ask(Session session, Question question) {
        try {
            return question.ask();
        } catch (RuntimeException down) {
            log.warn("{}: the store of passed tests is down: {}", session.id(), Printable.of(down.toString()));
            return Optional.empty();
        }
    }
}
