package io.github.smtpproxy.state;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** The entries of a store in memory. A class of its own, so that only those load the library who need it. */
final class Entries {

    private final Cache<String, Entry> entries;

    private record Entry(String value, long lifetimeNanos) {}

    Entries(int most, LongSupplier nanoTime) {
        this.entries = Caffeine.newBuilder()
                .maximumSize(most)
                .ticker(new Ticks(nanoTime))
                .executor(Runnable::run)
                .expireAfter(new Lifetimes())
                .build();
    }

    Optional<String> get(String key) {
        return Optional.ofNullable(entries.getIfPresent(key)).map(Entry::value);
    }

    boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
        AtomicBoolean replaced = new AtomicBoolean();
        entries.asMap().compute(key, (k, there) -> {
            replaced.set(Optional.ofNullable(there).map(Entry::value).equals(expected));
            return replaced.get() ? new Entry(value, lifetime.toNanos()) : there;
        });
        return replaced.get();
    }

    /** How many there are. */
    long size() {
        entries.cleanUp();
        return entries.estimatedSize();
    }

    private record Ticks(LongSupplier nanoTime) implements Ticker {
        @Override
        public long read() {
            return nanoTime.getAsLong();
        }
    }

    /** A value that is set lives as long as was said, however often it is read. */
    private static final class Lifetimes implements Expiry<String, Entry> {

        @Override
        public long expireAfterCreate(String key, Entry entry, long now) {
            return entry.lifetimeNanos();
        }

        @Override
        public long expireAfterUpdate(String key, Entry entry, long now, long left) {
            return entry.lifetimeNanos();
        }

        @Override
        public long expireAfterRead(String key, Entry entry, long now, long left) {
            return left;
        }
    }
}
