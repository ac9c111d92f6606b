package io.github.smtpproxy.metrics;

import io.github.smtpproxy.event.Lease;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** The connections of pools, under the names that HikariCP gives to those with databases. Any thread. */
final class PoolMeters {

    private final Gauges gauges;
    private final Meters<Timer> acquire;
    private final Meters<Timer> creation;
    private final Meters<Timer> usage;
    private final Meters<Counter> timeouts;

    PoolMeters(MeterRegistry registry, Gauges gauges) {
        this.gauges = gauges;
        acquire = Meters.timers(
                registry,
                "smtpproxy.pool.connections.acquire",
                "How long transactions waited for the connection that they got",
                "pool");
        creation = Meters.timers(
                registry,
                "smtpproxy.pool.connections.creation",
                "How long it took to open a connection, with EHLO, TLS and login",
                "pool");
        usage = Meters.timers(registry, "smtpproxy.pool.connections.usage", "How long a connection was lent", "pool");
        timeouts = Meters.counters(
                registry, "smtpproxy.pool.connections.timeout", "Transactions that waited in vain", "pool");
    }

    void leased(String pool, Lease lease) {
        gauges.pool(pool);
        // a counter is to be there before it counts
        timeouts.with(pool).increment(lease.result() == Lease.Result.TIMED_OUT ? 1 : 0);
        if (lease.result() == Lease.Result.GRANTED) {
            acquire.with(pool).record(lease.waited());
            lease.opening().ifPresent(creation.with(pool)::record);
        }
    }

    void returned(String pool, Duration used) {
        usage.with(pool).record(used);
    }
}
