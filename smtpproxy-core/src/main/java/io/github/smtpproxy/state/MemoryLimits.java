package io.github.smtpproxy.state;

import io.github.smtpproxy.config.OptionalLibrary;
import io.github.smtpproxy.throttle.Rate;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Limits in the memory of this JVM. Rates have a bound: where there are more keys, those used least are forgotten, and a key
 * is forgotten as soon as all of its events would be granted again. A key takes less than 1 KiB. Holders are as many as have
 * entered and not left, and are never forgotten. Needs {@code com.bucket4j:bucket4j_jdk17-core} and {@code
 * com.github.ben-manes.caffeine:caffeine}.
 */
public final class MemoryLimits implements Limits {

    private static final int MOST = 10_000_000;
    private static final int DEFAULT = 1_000_000;

    private final Buckets buckets;
    private final Map<String, Set<String>> holders = new ConcurrentHashMap<>();

    private MemoryLimits(Buckets buckets) {
        this.buckets = buckets;
    }

    /**
     * Limits of which nothing is taken, for about 1,000,000 keys.
     *
     * @throws IllegalStateException if a library is missing
     */
    public static MemoryLimits create() {
        return ofAtMost(DEFAULT);
    }

    /**
     * Limits of which nothing is taken.
     *
     * @param keys that have a rate, about; 1 to 10,000,000
     * @throws IllegalStateException if a library is missing
     */
    public static MemoryLimits ofAtMost(int keys) {
        return ofAtMost(keys, System::nanoTime);
    }

    /** As {@link #ofAtMost(int)}, with another clock. */
    public static MemoryLimits ofAtMost(int keys, LongSupplier nanoTime) {
        Objects.requireNonNull(nanoTime, "nanoTime");
        if (keys < 1 || keys > MOST) {
            throw new IllegalArgumentException("keys must be between 1 and " + MOST + ", was " + keys);
        }
        OptionalLibrary.require("io.github.bucket4j.Bucket", "com.bucket4j:bucket4j_jdk17-core", "a limit in memory");
        OptionalLibrary.require(
                "com.github.benmanes.caffeine.cache.Caffeine",
                "com.github.ben-manes.caffeine:caffeine",
                "a limit in memory");
        return new MemoryLimits(new Buckets(keys, nanoTime));
    }

    @Override
    public Taken take(String key, Rate rate, long events) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(rate, "rate");
        if (events < 1) {
            throw new IllegalArgumentException("events must be at least 1, was " + events);
        }
        return buckets.take(key, rate, events);
    }

    @Override
    public boolean enter(String key, String holder, long most) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(holder, "holder");
        if (most < 1) {
            throw new IllegalArgumentException("most must be at least 1, was " + most);
        }
        boolean[] entered = new boolean[1];
        holders.compute(key, (k, there) -> {
            Set<String> all = there == null ? new HashSet<>() : there;
            entered[0] = all.contains(holder) || all.size() < most && all.add(holder);
            return all;
        });
        return entered[0];
    }

    @Override
    public void leave(String key, String holder) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(holder, "holder");
        holders.computeIfPresent(key, (k, there) -> {
            there.remove(holder);
            return there.isEmpty() ? null : there;
        });
    }

    /** How many keys are remembered: of rates, and of holders. */
    long size() {
        return buckets.size() + holders.size();
    }
}
