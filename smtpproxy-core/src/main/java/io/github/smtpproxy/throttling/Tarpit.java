package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Slows clients that do wrong: each refusal, and each violation of the protocol, is delayed longer than the one before; and
 * commands are, of clients that the host program names, such as those of a bad reputation. Who is held so for 2 seconds or more, or
 * with a pool, holds no connection to a destination; a client whose recipient was accepted is not held until that transaction is over. Immutable: each setting
 * makes another throttle, with sessions of its own.
 */
public final class Tarpit implements Throttle {

    private static final Duration HARD = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final int HELD = 10_000;
    private static final int MOST_HELD = 1_000_000;
    private static final int MOST_FREE = 1_000_000;

    private final Key<AtomicInteger> errors = Key.of("errors of a client in the tarpit", AtomicInteger.class);
    private final Duration perError;
    private final int free;
    private final Function<Session, Duration> perCommand;
    private final Duration longest;
    private final HeldSessions held;
    private final int mostHeld;
    private final boolean octetByOctet;

    private Tarpit(
            Duration perError,
            int free,
            Function<Session, Duration> perCommand,
            Duration longest,
            int mostHeld,
            boolean octetByOctet) {
        this.octetByOctet = octetByOctet;
        this.perError = perError;
        this.free = free;
        this.perCommand = perCommand;
        this.longest = longest;
        this.mostHeld = mostHeld;
        this.held = new HeldSessions(mostHeld);
    }

    /**
     * Delays the first refusal of a session by this time, the second by twice as much, and so on.
     *
     * @param delay above zero and at most 1 minute; Postfix's smtpd_error_sleep_time is 1 second
     */
    public static Tarpit perError(Duration delay) {
        return new Tarpit(TimeLimit.check("perError", delay, HARD), 0, session -> Duration.ZERO, LONGEST, HELD, false);
    }

    /**
     * This without a delay for so many errors of a session.
     *
     * @param number of them, 0 to 1,000,000; 0 by default
     */
    public Tarpit after(int number) {
        if (number < 0 || number > MOST_FREE) {
            throw new IllegalArgumentException("errors must be between 0 and " + MOST_FREE + ", was " + number);
        }
        return new Tarpit(perError, number, perCommand, longest, mostHeld, octetByOctet);
    }

    /**
     * This with a delay of each command of a session, such as one for a bad reputation or a score of lists, which a filter
     * left in an attribute. One that is not positive is none.
     *
     * @param delay asked on the session's thread, for all sessions at once
     */
    public Tarpit also(Function<Session, Duration> delay) {
        Objects.requireNonNull(delay, "delay");
        return new Tarpit(perError, free, delay, longest, mostHeld, octetByOctet);
    }

    /**
     * This with another limit of one delay.
     *
     * @param delay above zero and at most 1 minute; 5 seconds by default
     */
    public Tarpit upTo(Duration delay) {
        return new Tarpit(perError, free, perCommand, TimeLimit.check("upTo", delay, HARD), mostHeld, octetByOctet);
    }

    /**
     * This with another number of sessions that are held at once: where one more is, the one that has been held longest is let
     * go.
     *
     * @param sessions 1 to 1,000,000; 10,000 by default
     */
    public Tarpit holding(int sessions) {
        if (sessions < 1 || sessions > MOST_HELD) {
            throw new IllegalArgumentException("sessions must be between 1 and " + MOST_HELD + ", was " + sessions);
        }
        return new Tarpit(perError, free, perCommand, longest, sessions, octetByOctet);
    }

    /** This with refusals whose octets come one by one in the time of their delay. */
    public Tarpit octetByOctet() {
        return new Tarpit(perError, free, perCommand, longest, mostHeld, true);
    }

    @Override
    public Pace before(Step step) {
        Session session = step.session();
        if (step instanceof Step.Refusal || step instanceof Step.Violation) {
            int count = errors(session).incrementAndGet();
            return hold(session, perError.multipliedBy(Math.max(0, count - free)), "error " + count);
        }
        return step instanceof Step.Command ? hold(session, perCommand.apply(session), "command") : Pace.go();
    }

    private AtomicInteger errors(Session session) {
        return session.attribute(errors).orElseGet(() -> {
            AtomicInteger none = new AtomicInteger();
            session.attribute(errors, none);
            return none;
        });
    }

    private Pace hold(Session session, Duration wanted, String why) {
        if (wanted.isZero() || wanted.isNegative()) {
            return Pace.go();
        }
        Duration delay = wanted.compareTo(longest) < 0 ? wanted : longest;
        Pace pace = Pace.hold(delay, held.hold(session));
        return (octetByOctet ? pace.octetByOctet() : pace)
                .because(Throttled.by("Tarpit").rule(why, session.id()).retryAfter(delay));
    }
}
