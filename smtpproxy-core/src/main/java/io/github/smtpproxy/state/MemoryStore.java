package io.github.smtpproxy.state;

import io.github.smtpproxy.config.OptionalLibrary;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A store in the memory of this JVM, with a bound: where it is full, what is used least is forgotten. Needs
 * {@code com.github.ben-manes.caffeine:caffeine}.
 */
public final class MemoryStore implements Store {

    private static final int MOST = 10_000_000;

    private final Entries entries;

    private MemoryStore(Entries entries) {
        this.entries = entries;
    }

    /**
     * An empty store.
     *
     * @param entries it keeps, about; 1 to 10,000,000
     * @throws IllegalStateException if the library is missing
     */
    public static MemoryStore ofAtMost(int entries) {
        return ofAtMost(entries, System::nanoTime);
    }

    /** As {@link #ofAtMost(int)}, with another clock. */
    public static MemoryStore ofAtMost(int entries, LongSupplier nanoTime) {
        Objects.requireNonNull(nanoTime, "nanoTime");
        if (entries < 1 || entries > MOST) {
            throw new IllegalArgumentException("entries must be between 1 and " + MOST + ", was " + entries);
        }
        OptionalLibrary.require(
                "com.github.benmanes.caffeine.cache.Caffeine",
                "com.github.ben-manes.caffeine:caffeine",
                "a store in memory");
        return new MemoryStore(new Entries(entries, nanoTime));
    }

    @Override
    public Optional<String> get(String key) {
        Objects.requireNonNull(key, "key");
        return entries.get(key);
    }

    @Override
    public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(lifetime, "lifetime");
        if (lifetime.isNegative() || lifetime.isZero()) {
            throw new IllegalArgumentException("lifetime must be more than 0, was " + lifetime);
        }
        return entries.replace(key, expected, value, lifetime);
    }
}
