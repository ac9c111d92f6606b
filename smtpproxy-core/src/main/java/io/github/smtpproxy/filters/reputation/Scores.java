package io.github.smtpproxy.filters.reputation;

import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.Store;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The scores of a client's keys: each {@code SCORE@MILLIS}, and fading since then. Thread-safe. */
final class Scores {

    static final Duration REMEMBERED = Duration.ofDays(60);

    private static final double LEAST = -100;
    private static final double MOST = 30;
    private static final double NETWORK_SHARE = 0.25;
    private static final int TRIES = 10;

    private final Function<Session, Store> stores;
    private final Clock clock;
    private final Duration halfLife;

    Scores(Function<Session, Store> stores, Clock clock, Duration halfLife) {
        this.stores = stores;
        this.clock = clock;
        this.halfLife = halfLife;
    }

    double of(Session session) {
        Store store = stores.apply(session);
        return keys(session).keySet().stream()
                .mapToDouble(key -> store.get(key).map(this::faded).orElse(0.0))
                .sum();
    }

    void add(Session session, double weight) {
        Store store = stores.apply(session);
        keys(session).forEach((key, share) -> add(store, key, weight * share));
    }

    /** Where another proxy was faster, it adds to what that one wrote. */
    private void add(Store store, String key, double weight) {
        for (int i = 0; i < TRIES; i++) {
            Optional<String> before = store.get(key);
            double sum = before.map(this::faded).orElse(0.0) + weight;
            double bounded = Math.max(LEAST, Math.min(MOST, sum));
            if (store.replace(key, before, bounded + "@" + clock.millis(), REMEMBERED)) {
                return;
            }
        }
    }

    private double faded(String value) {
        int at = value.indexOf('@');
        double age = Math.max(0, clock.millis() - Long.parseLong(value.substring(at + 1)));
        return Double.parseDouble(value.substring(0, at)) * Math.pow(0.5, age / halfLife.toMillis());
    }

    /** Each key of a client, and its share of the weight. */
    private static Map<String, Double> keys(Session session) {
        Map<String, Double> keys = new LinkedHashMap<>();
        InetAddress address = session.remoteAddress().getAddress();
        if (!address.isAnyLocalAddress()) {
            String network = Keys.network(address);
            keys.put(Keys.of("reputation-address", address.getHostAddress()), 1.0);
            keys.put(Keys.of("reputation-network", network), NETWORK_SHARE);
            session.hello()
                    .map(Hello::name)
                    .map(name -> Keys.of("reputation-hello", network, name.toLowerCase(Locale.ROOT)))
                    .ifPresent(key -> keys.put(key, NETWORK_SHARE));
        }
        session.identity()
                .filter(user -> session.authenticated())
                .ifPresent(user -> keys.put(Keys.of("reputation-user", user), 1.0));
        return keys;
    }
}
