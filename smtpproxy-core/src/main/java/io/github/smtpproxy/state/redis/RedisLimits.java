package io.github.smtpproxy.state.redis;

import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.throttle.Rate;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/** Limits that proxies hold together through Redis; while it is away, each holds them alone. */
final class RedisLimits implements Limits {

    /**
     * The generic cell rate algorithm. A key has the time, in microseconds of Redis' clock, at which its bucket is full
     * again; then it expires. Less than a microsecond is no wait: doubles are not exact enough for it.
     */
    private static final Script TAKE = Script.of(ScriptOutputType.MULTI, """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local interval, burst, events = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
            local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
            local later = full + events * interval
            local wait = later - now - burst * interval
            local granted = events <= burst and wait < 1
            if granted then
              full = later
              local lifetime = math.min(1e13, math.ceil((full - now) / 1000))
              redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', string.format('%.0f', math.max(1, lifetime)))
            end
            local remaining = burst - math.ceil((full - now - 1) / interval)
            return { granted and 1 or 0, math.max(0, math.min(burst, remaining)), math.min(1e15, math.ceil(wait)) }
            """);

    private final Redis redis;
    private final String prefix;
    private final Limits local;
    private final Leases leases;

    RedisLimits(Redis redis, String prefix, Limits local, Leases leases) {
        this.redis = redis;
        this.prefix = prefix;
        this.local = local;
        this.leases = leases;
    }

    @Override
    public Taken take(String key, Rate rate, long events) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(rate, "rate");
        atLeastOne("events", events);
        return redis.<List<Long>>ask(to -> TAKE.run(
                        to, List.of(prefix + key), interval(rate), Long.toString(rate.burst()), Long.toString(events)))
                .map(RedisLimits::taken)
                .orElseGet(() -> local.take(key, rate, events));
    }

    /** Microseconds from one event to the next. */
    private static String interval(Rate rate) {
        return Double.toString(rate.per().toNanos() / 1e3 / rate.amount());
    }

    private static Taken taken(List<Long> answer) {
        boolean granted = answer.get(0) == 1;
        Duration wait = granted ? Duration.ZERO : Duration.of(answer.get(2), ChronoUnit.MICROS);
        return new Taken(granted, answer.get(1), wait);
    }

    /** The local count knows all holders of this proxy at any time, so that it can go on alone from where it is. */
    @Override
    public boolean enter(String key, String holder, long most) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(holder, "holder");
        atLeastOne("most", most);
        if (leases.isHeld(key, holder)) {
            return true;
        }
        if (!local.enter(key, holder, most)) {
            return false;
        }
        boolean entered = leases.enter(key, holder, most);
        if (!entered) {
            local.leave(key, holder);
        }
        return entered;
    }

    @Override
    public void leave(String key, String holder) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(holder, "holder");
        local.leave(key, holder);
        leases.leave(key, holder);
    }

    private static void atLeastOne(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be at least 1, was " + value);
        }
    }
}
