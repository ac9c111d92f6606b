package io.github.smtpproxy.peers;

import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.throttle.Rate;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Limits in memory that grant every rate, and count how often they were asked for one. */
final class CountedLimits implements Limits {

    private final AtomicLong asked = new AtomicLong();
    private final ConcurrentHashMap<String, Set<String>> holders = new ConcurrentHashMap<>();

    /** How often a rate was asked for here. */
    long asked() {
        return asked.get();
    }

    @Override
    public Taken take(String key, Rate rate, long events) {
        asked.incrementAndGet();
        return new Taken(true, rate.burst(), Duration.ZERO);
    }

    @Override
    public boolean enter(String key, String holder, long most) {
        Set<String> there = holders.computeIfAbsent(key, k -> ConcurrentHashMap.newKeySet());
        synchronized (there) {
            return there.contains(holder) || there.size() < most && there.add(holder);
        }
    }

    @Override
    public void leave(String key, String holder) {
        holders.getOrDefault(key, Set.of()).removeIf(holder::equals);
    }
}
