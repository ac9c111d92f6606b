package io.github.smtpproxy.state;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.local.SynchronizationStrategy;
import io.github.smtpproxy.state.Limits.Taken;
import io.github.smtpproxy.throttle.Rate;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Token buckets by key, those that are not full. A class of its own, so that only those load the libraries who need it. A
 * bucket is used by one thread at a time, inside the table's {@code compute}.
 */
final class Buckets {

    private final Cache<String, Entry> buckets;
    private final TimeMeter clock;

    /** @param nanosToFull until it is full again, and as good as none */
    private record Entry(Bucket bucket, long nanosToFull) {}

    Buckets(int most, LongSupplier nanoTime) {
        this.clock = new Clock(nanoTime);
        this.buckets = Caffeine.newBuilder()
                .maximumSize(most)
                .ticker(nanoTime::getAsLong)
                .executor(Runnable::run)
                .expireAfter(new UntilFull())
                .build();
    }

    Taken take(String key, Rate rate, long events) {
        Taken[] taken = new Taken[1];
        buckets.asMap().compute(key, (k, there) -> {
            Bucket bucket = there == null ? full(rate) : there.bucket();
            ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(events);
            taken[0] = new Taken(
                    probe.isConsumed(),
                    probe.getRemainingTokens(),
                    Duration.ofNanos(probe.isConsumed() ? 0 : probe.getNanosToWaitForRefill()));
            long nanosToFull = probe.getNanosToWaitForReset();
            return nanosToFull == 0 ? null : new Entry(bucket, nanosToFull);
        });
        return taken[0];
    }

    private Bucket full(Rate rate) {
        // the library takes no rate above one event in a nanosecond, which is as good as none
        long amount = rate.per().compareTo(Duration.ofNanos(rate.amount())) < 0
                ? rate.per().toNanos()
                : rate.amount();
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(rate.burst()).refillGreedy(amount, rate.per()))
                .withCustomTimePrecision(clock)
                .withSynchronizationStrategy(SynchronizationStrategy.NONE)
                .build();
    }

    /** How many there are. */
    long size() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    private record Clock(LongSupplier nanoTime) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return nanoTime.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }

    private static final class UntilFull implements Expiry<String, Entry> {

        @Override
        public long expireAfterCreate(String key, Entry entry, long now) {
            return entry.nanosToFull();
        }

        @Override
        public long expireAfterUpdate(String key, Entry entry, long now, long left) {
            return entry.nanosToFull();
        }

        @Override
        public long expireAfterRead(String key, Entry entry, long now, long left) {
            return left;
        }
    }
}
