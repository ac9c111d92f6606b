package io.github.smtpproxy.throttle;

import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A throttle's answer: go on, after a delay, with some octets only, or a refusal. Immutable. */
public final class Pace {

    private static final Duration MAX_DELAY = Duration.ofDays(1);

    private static final Pattern TEASER = Pattern.compile("[ -~]{1,400}");

    private static final Pace GO = new Pace(Duration.ZERO, OptionalLong.empty(), Optional.empty());

    /** All of it, with the time for which the client is held. */
    private final Duration delay;

    private final Duration held;
    private final OptionalLong octets;
    private final Optional<Reply> refusal;
    private final List<Throttled> reasons;
    private final Optional<CompletionStage<?>> letGo;
    private final Optional<String> teaser;
    private final boolean octetByOctet;

    private Pace(
            Duration delay,
            Duration held,
            OptionalLong octets,
            Optional<Reply> refusal,
            List<Throttled> reasons,
            Optional<CompletionStage<?>> letGo,
            Optional<String> teaser,
            boolean octetByOctet) {
        this.octetByOctet = octetByOctet;
        this.delay = delay;
        this.held = held;
        this.octets = octets;
        this.refusal = refusal;
        this.reasons = reasons;
        this.letGo = letGo;
        this.teaser = teaser;
    }

    private Pace(Duration delay, OptionalLong octets, Optional<Reply> refusal) {
        this(delay, Duration.ZERO, octets, refusal, List.of(), Optional.empty(), Optional.empty(), false);
    }

    /** Go on now. */
    public static Pace go() {
        return GO;
    }

    /**
     * Go on after this delay, which holds the session's connection to the destination. At {@link Step.Data} and {@link Step.Send}
     * the destination waits for the message, and may hang up; so one delay is 5 seconds there at most, whatever is asked for,
     * and the time of the session and its transaction ends each.
     *
     * @param delay 0 to 1 day
     */
    public static Pace after(Duration delay) {
        return new Pace(checked(delay), OptionalLong.empty(), Optional.empty());
    }

    /**
     * Hold the client for so long, without a connection to the destination: the session closes its own, or gives it back to the
     * pool, and opens one when it is needed again. Where that cannot be, since a recipient was accepted, replies are pending
     * or the client has logged in at the destination, nobody is held; so at {@link Step.Data} and {@link Step.Send}, where the
     * destination waits for the message.
     *
     * @param delay 0 to 1 day
     * @param letGo ends the delay when it completes; one for each hold, which the proxy cancels as a future when the client goes
     *     on
     */
    public static Pace hold(Duration delay, CompletionStage<?> letGo) {
        Objects.requireNonNull(letGo, "letGo");
        return new Pace(
                checked(delay),
                delay,
                OptionalLong.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(letGo.toCompletableFuture()),
                Optional.empty(),
                false);
    }

    /**
     * Go on with at most so many octets of those that were asked for; the throttle is asked for the others next. Only for
     * {@link Step.Data}, {@link Step.Send} and {@link Step.Opaque}; at other steps it is {@link #go}.
     *
     * @param octets 1 and up
     */
    public static Pace grant(long octets) {
        return grant(octets, Duration.ZERO);
    }

    /**
     * As {@link #grant(long)}, after a delay, which is 5 seconds at most.
     *
     * @param octets 1 and up
     * @param delay 0 to 1 day
     */
    public static Pace grant(long octets, Duration delay) {
        if (octets < 1) {
            throw new IllegalArgumentException("octets must be at least 1, was " + octets);
        }
        return new Pace(checked(delay), OptionalLong.of(octets), Optional.empty());
    }

    /** Do not go on; the client gets this reply, 4xx or 5xx. After a 421 the session is closed. */
    public static Pace refuse(Reply refusal) {
        Objects.requireNonNull(refusal, "refusal");
        Reply value = Reply.copyOf(refusal);
        if (!value.isRefusal()) {
            throw new IllegalArgumentException("refusal must be 4xx or 5xx, was " + value);
        }
        return new Pace(Duration.ZERO, OptionalLong.empty(), Optional.of(value));
    }

    /**
     * This with its reason, which listeners get. One that goes on at once needs none.
     *
     * @param reason which throttle, by which rule; the delay or the refusal is added here
     */
    public Pace because(Throttled reason) {
        Objects.requireNonNull(reason, "reason");
        Throttled whole = refusal.map(reason::refused).orElseGet(() -> reason.delayed(delay));
        return goesOnAtOnce()
                ? this
                : new Pace(delay, held, octets, refusal, List.of(whole), letGo, teaser, octetByOctet);
    }

    /**
     * What two throttles answer together: their delays add up, to a day at most, the fewer octets are granted, and the first
     * refusal counts. Where both hold the client, it is let go when one of them lets it go. A delay that holds nobody stays one.
     */
    public Pace and(Pace other) {
        Objects.requireNonNull(other, "other");
        if (this == GO || other == GO) {
            return this == GO ? other : this;
        }
        return new Pace(
                sum(delay, other.delay),
                sum(held, other.held),
                fewer(octets, other.octets),
                refusal.or(() -> other.refusal),
                Stream.concat(reasons.stream(), other.reasons.stream()).toList(),
                either(letGo, other.letGo),
                teaser.or(() -> other.teaser),
                octetByOctet || other.octetByOctet);
    }

    private static Duration sum(Duration one, Duration other) {
        Duration sum = one.plus(other);
        return sum.compareTo(MAX_DELAY) > 0 ? MAX_DELAY : sum;
    }

    /** Completes when one of two does, and is cancelled for both. */
    private static Optional<CompletionStage<?>> either(
            Optional<CompletionStage<?>> one, Optional<CompletionStage<?>> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.or(() -> other);
        }
        CompletableFuture<?> first = one.get().toCompletableFuture();
        CompletableFuture<?> second = other.get().toCompletableFuture();
        CompletableFuture<Object> either = CompletableFuture.anyOf(first, second);
        either.whenComplete((any, failure) -> {
            first.cancel(false);
            second.cancel(false);
        });
        return Optional.of(either);
    }

    private static OptionalLong fewer(OptionalLong one, OptionalLong other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? other : one;
        }
        return OptionalLong.of(Math.min(one.getAsLong(), other.getAsLong()));
    }

    /**
     * This with a first line of the greeting that is sent before the delay: {@code 220-} and the text. Only for
     * {@link Step.Connect}. Whatever the greeting then is, the code of its last line counts.
     *
     * @param text 1 to 400 printable characters of US-ASCII
     */
    public Pace teaser(String text) {
        Objects.requireNonNull(text, "teaser");
        if (!TEASER.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "teaser must be 1 to 400 printable characters of US-ASCII, was '" + text + "'");
        }
        return new Pace(delay, held, octets, refusal, reasons, letGo, Optional.of(text), octetByOctet);
    }

    /**
     * This with a {@link #hold} that is spent while the reply is written, one octet after the other. Only for
     * {@link Step.Refusal}; at other steps, and where nobody is held, the delay comes first.
     */
    public Pace octetByOctet() {
        return new Pace(delay, held, octets, refusal, reasons, letGo, teaser, true);
    }

    /** This where its refusal does not count: its delay does. */
    public Pace withoutRefusal() {
        return new Pace(delay, held, octets, Optional.empty(), reasons, letGo, teaser, octetByOctet);
    }

    /** Whether the time of a hold is spent while the reply is written. */
    public boolean isOctetByOctet() {
        return octetByOctet;
    }

    /** This of a throttle that is only observed: go on now; its reasons are reported as such. A hold is cancelled. */
    public Pace observed() {
        letGo.ifPresent(stage -> stage.toCompletableFuture().cancel(false));
        return reasons.isEmpty()
                ? GO
                : new Pace(
                        Duration.ZERO,
                        Duration.ZERO,
                        OptionalLong.empty(),
                        Optional.empty(),
                        reasons.stream().map(Throttled::observed).toList(),
                        Optional.empty(),
                        Optional.empty(),
                        false);
    }

    /** Whether it neither delays nor refuses. */
    public boolean goesOnAtOnce() {
        return delay.isZero() && refusal.isEmpty();
    }

    /** Why: one reason for each throttle that delays or refuses and reports it. */
    public List<Throttled> reasons() {
        return reasons;
    }

    /** For how long of the delay the client is held; zero where it is not. */
    public Duration held() {
        return held;
    }

    /** What ends the time for which the client is held; empty where it is not. */
    public Optional<CompletionStage<?>> letGo() {
        return letGo;
    }

    /** The first line of the greeting, sent before the delay. */
    public Optional<String> teaser() {
        return teaser;
    }

    /** How long to wait first, with the time for which the client is held; zero for none. */
    public Duration delay() {
        return delay;
    }

    /** How many octets may go on; empty for all that were asked for. */
    public OptionalLong octets() {
        return octets;
    }

    /** The reply instead of going on; empty to go. */
    public Optional<Reply> refusal() {
        return refusal;
    }

    private static Duration checked(Duration delay) {
        Objects.requireNonNull(delay, "delay");
        if (delay.isNegative() || delay.compareTo(MAX_DELAY) > 0) {
            throw new IllegalArgumentException("delay must be between 0 and 1 day, was " + delay);
        }
        return delay;
    }

    @Override
    public String toString() {
        return refusal.map(r -> "refuse with " + r)
                .orElse("go after " + delay + (octets.isPresent() ? " with " + octets.getAsLong() + " octets" : ""));
    }
}
