package io.github.smtpproxy.throttling;

import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.Limits.Taken;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * So many octets of messages a second, for each client or other key, in each direction: as they arrive and as they are sent to
 * the destination. So do octets of TLS that passes unread, as they arrive. They go on in portions of a twentieth of a second, so the flow is smooth, and nobody is refused. Immutable:
 * each setting makes another throttle, which shares what is counted.
 */
public final class LimitBandwidth implements Throttle {

    private static final long MOST = 1_000_000_000L;
    private static final int PORTIONS = 20;
    /** For a portion: the destination waits meanwhile. */
    private static final Duration MAY_WAIT = Duration.ofSeconds(5);

    /** Octets that arrive together: they are not to wait for their time again when they are sent on. */
    private static final long BLOCK = 64 * 1024;

    private final long octetsPerSecond;
    private final LimitKey key;
    private final Function<Session, Limits> limits;
    private final Allowance allowance;
    private final Key<AtomicLong> arrived = Key.of("octets that waited for their time", AtomicLong.class);

    private LimitBandwidth(long octetsPerSecond, LimitKey key, Function<Session, Limits> limits) {
        this.octetsPerSecond = octetsPerSecond;
        this.key = key;
        this.limits = limits;
        long portion = Math.max(1, octetsPerSecond / PORTIONS);
        this.allowance = Allowance.of(new Rate(octetsPerSecond, Duration.ofSeconds(1), portion), MAY_WAIT);
    }

    /**
     * So many, by the client's address unless another key is set. It counts where the proxy shares its state
     * ({@link SharedState}), else in memory, unless it is set to count elsewhere.
     *
     * @param octetsPerSecond 1 to 1,000,000,000
     * @throws IllegalStateException if a library of {@link MemoryLimits} is missing
     */
    public static LimitBandwidth to(long octetsPerSecond) {
        if (octetsPerSecond < 1 || octetsPerSecond > MOST) {
            throw new IllegalArgumentException(
                    "bandwidth must be between 1 and " + MOST + " octets a second, was " + octetsPerSecond);
        }
        return new LimitBandwidth(octetsPerSecond, LimitKey.client(), SharedState.limitsOr(MemoryLimits.create()));
    }

    /** This by another key. */
    public LimitBandwidth by(LimitKey other) {
        Objects.requireNonNull(other, "key");
        return new LimitBandwidth(octetsPerSecond, other, limits);
    }

    /** This, counting here and nowhere else: several throttles can share one, and several proxies. */
    public LimitBandwidth in(Limits other) {
        Objects.requireNonNull(other, "limits");
        return new LimitBandwidth(octetsPerSecond, key, session -> other);
    }

    @Override
    public Pace before(Step step) {
        if (step instanceof Step.Data data) {
            Pace pace = grant(step, data.octets(), "in");
            long granted = pace.octets().orElse(data.octets());
            arrived(data.transaction()).updateAndGet(before -> Math.min(BLOCK, before + granted));
            return pace;
        }
        if (step instanceof Step.Opaque opaque) {
            return grant(step, opaque.octets(), "in");
        }
        return step instanceof Step.Send send ? send(send) : Pace.go();
    }

    /** What has just arrived goes on at once; a message that was kept does not leave at once. */
    private Pace send(Step.Send send) {
        AtomicLong waited = arrived(send.transaction());
        long now = Math.min(waited.get(), send.octets());
        if (now > 0) {
            waited.addAndGet(-now);
            return now == send.octets() ? Pace.go() : Pace.grant(now);
        }
        return grant(send, send.octets(), "out");
    }

    private AtomicLong arrived(Transaction transaction) {
        return transaction.attribute(arrived).orElseGet(() -> {
            AtomicLong none = new AtomicLong();
            transaction.attribute(arrived, none);
            return none;
        });
    }

    private Pace grant(Step step, long octets, String direction) {
        Optional<String> whose = key.value(step);
        if (whose.isEmpty()) {
            return Pace.go();
        }
        long portion = Math.min(octets, allowance.rate().burst());
        String place = Keys.of(this + direction, whose.get());
        Taken taken = limits.apply(step.session()).take(place, allowance.bucket(), portion * allowance.parts());
        // so many wait before it that there is no place in the line: it waits, and asks again for all but one octet
        return taken.granted()
                ? Pace.grant(portion, allowance.delay(taken.remaining()))
                : Pace.grant(1, taken.retryAfter().compareTo(MAY_WAIT) < 0 ? taken.retryAfter() : MAY_WAIT);
    }

    /** The rule, such as {@code client:bandwidth=65536/s}. */
    @Override
    public String toString() {
        return key + ":bandwidth=" + octetsPerSecond + "/s";
    }
}
