package io.github.smtpproxy.metrics;

import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.route.PoolStatus;
import io.github.smtpproxy.session.Session;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/** What is counted when the registry asks. They are in the registry as long as a proxy is open. Any thread. */
final class Gauges {

    private final MeterRegistry registry;
    private final UnaryOperator<String> destinations;
    private final Set<ProxyStatus> proxies = ConcurrentHashMap.newKeySet();
    private final Map<String, Set<Session>> sessions = new ConcurrentHashMap<>();
    private final Set<String> pools = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Gauge> all = new ConcurrentLinkedQueue<>();

    /** @param destinations the value of the tag for a server */
    Gauges(MeterRegistry registry, UnaryOperator<String> destinations) {
        this.registry = registry;
        this.destinations = destinations;
    }

    void opened(ProxyStatus proxy) {
        proxies.add(proxy);
    }

    /** Takes them out of the registry if it was the last proxy. */
    void closed(ProxyStatus proxy) {
        proxies.remove(proxy);
        if (proxies.isEmpty()) {
            for (Gauge gauge = all.poll(); gauge != null; gauge = all.poll()) {
                registry.remove(gauge);
            }
            sessions.clear();
            pools.clear();
        }
    }

    void began(Session session) {
        sessions.computeIfAbsent(session.endpoint(), this::sessionsAt).add(session);
    }

    /** A session may end after its proxy was closed. */
    void ended(Session session) {
        Set<Session> active = sessions.get(session.endpoint());
        if (active != null) {
            active.remove(session);
        }
    }

    private Set<Session> sessionsAt(String endpoint) {
        Set<Session> active = ConcurrentHashMap.newKeySet();
        add("smtpproxy.sessions.active", "Sessions that there are", "endpoint", endpoint, active::size);
        return active;
    }

    /** A pool is used. */
    void pool(String name) {
        if (!pools.contains(name) && pools.add(name)) {
            pool("", "Connections of a pool", name, p -> p.active() + p.idle());
            pool(".active", "Connections that are lent, or being opened", name, PoolStatus::active);
            pool(".idle", "Connections that nobody uses", name, PoolStatus::idle);
            pool(".pending", "Transactions that wait for a connection", name, PoolStatus::waiting);
            pool(".max", "The most connections that there may be", name, PoolStatus::max);
            pool(".min", "Connections that are kept whether they are used or not", name, p -> 0);
        }
    }

    private void pool(String name, String description, String pool, ToIntFunction<PoolStatus> value) {
        add(
                "smtpproxy.pool.connections" + name,
                description,
                "pool",
                pool,
                () -> proxies.stream()
                        .flatMap(proxy -> proxy.pools().stream())
                        .filter(status -> destinations.apply(status.server()).equals(pool))
                        .mapToInt(value)
                        .sum());
    }

    private void add(String name, String description, String key, String value, Supplier<Number> now) {
        all.add(Gauge.builder(name, now)
                .description(description)
                .tag(key, value)
                .register(registry));
    }
}
