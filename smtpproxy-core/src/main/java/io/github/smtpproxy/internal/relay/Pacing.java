package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.ThrottleChain;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Delays of a session, by throttles and after failed logins. The session's thread waits; any thread may end the wait. */
public final class Pacing {

    private final String session;
    private final ThrottleChain throttles;
    private final Predicate<Duration> rest;
    private final Place place;
    private final SessionTimes times;
    private Optional<Pace> slowReply = Optional.empty();
    private Optional<Hold> slowly = Optional.empty();
    private volatile CountDownLatch wait = new CountDownLatch(1);
    private volatile boolean ended;

    /** A client that is held until its time is over or it is let go. */
    private record Hold(Pace pace, CountDownLatch over) {

        boolean isOver() {
            return pace.held().isZero() || over.getCount() == 0;
        }
    }

    /**
     * @param session its name, for the log
     * @param rest gives the session's connection to the destination back for so long; false if that cannot be
     * @param place may be another client's during a delay
     * @param times bound each delay
     */
    Pacing(String session, ThrottleChain throttles, Predicate<Duration> rest, Place place, SessionTimes times) {
        this.session = session;
        this.throttles = throttles;
        this.rest = rest;
        this.place = place;
        this.times = times;
    }

    /** What is sent before a delay. */
    interface Teaser {
        void send(String text) throws IOException;
    }

    /**
     * Waits as long as the throttles demand before a step.
     *
     * @return their refusal, if they refuse
     */
    public Optional<Reply> before(Step step) {
        ThrottleChain.Verdict verdict = throttles.before(step);
        Pace pace = verdict.pace();
        pause(pace.delay().minus(pace.held()));
        if (step instanceof Step.Refusal && pace.isOctetByOctet()) {
            slowReply = Optional.of(pace);
        } else {
            hold(pace);
        }
        return verdict.refusal();
    }

    /** The delay that is to be spent while the reply at hand is written, if there is one; asked once. */
    Optional<Duration> takeSlowReply() {
        Optional<Pace> slow = slowReply;
        slowReply = Optional.empty();
        Optional<Hold> hold = slow.map(this::holdOf).filter(this::rests);
        if (hold.isEmpty()) {
            slow.ifPresent(pace -> throttles.release(session, pace));
            return Optional.empty();
        }
        slowly = hold;
        return slow.map(Pace::held);
    }

    /** A part of that delay; nothing once the client is let go. */
    void pauseInReply(Duration part) {
        slowly.ifPresent(hold -> await(part, hold.over));
    }

    /** The client is held no longer. */
    void replyIsWritten() {
        slowly.ifPresent(hold -> throttles.release(session, hold.pace));
        slowly = Optional.empty();
    }

    /**
     * The same before the greeting.
     *
     * @throws IOException if the client is gone
     */
    Optional<Reply> before(Step.Connect step, Teaser teaser) throws IOException {
        ThrottleChain.Verdict verdict = throttles.before(step);
        Pace pace = verdict.pace();
        if (pace.teaser().isPresent()) {
            teaser.send(pace.teaser().get());
        }
        pause(pace.delay().minus(pace.held()));
        hold(pace);
        return verdict.refusal();
    }

    /** Whether no throttle would be asked. */
    boolean isIdle() {
        return throttles.isEmpty();
    }

    /**
     * Waits until the throttles grant octets that have arrived.
     *
     * @return their refusal, if they refuse, or that of a transaction whose time is over by then
     */
    public Optional<Reply> arrived(Transaction transaction, long octets) {
        Waits waits = new Waits();
        return throttles
                .grant(octets, left -> new Step.Data(transaction, left), waits::pause, waits::areOver)
                .or(waits::late);
    }

    /**
     * Waits until the throttles grant octets that are to be sent, or the time of the transaction is over.
     *
     * @return whether this took a delay
     */
    public boolean send(Transaction transaction, long octets) {
        Waits waits = new Waits();
        throttles.grant(octets, left -> new Step.Send(transaction, left), waits::pause, waits::areOver);
        return waits.delayed;
    }

    /**
     * The same for octets that nobody reads. Others do not get the session's place meanwhile: mail may be among them.
     *
     * @param waited called after each delay
     */
    void opaque(Session session, long octets, Runnable waited) {
        throttles.grant(
                octets,
                left -> new Step.Opaque(session, left),
                delay -> {
                    awaitInPlace(delay);
                    waited.run();
                },
                () -> ended || times.areOver());
    }

    private void awaitInPlace(Duration delay) {
        wait = new CountDownLatch(1);
        if (!ended && !delay.isZero()) {
            await(wait, delay);
        }
    }

    /** The waits for octets that are granted. */
    private final class Waits {
        private boolean delayed;

        void pause(Duration delay) {
            delayed |= !delay.isZero();
            Pacing.this.pause(delay);
        }

        boolean areOver() {
            return ended || delayed && times.areOver();
        }

        Optional<Reply> late() {
            return delayed && times.areOver() ? Optional.of(times.over()) : Optional.empty();
        }
    }

    private void hold(Pace pace) {
        if (pace.letGo().isEmpty()) {
            return;
        }
        Hold hold = holdOf(pace);
        if (rests(hold)) {
            await(pace.held(), hold.over);
        }
        throttles.release(session, pace);
    }

    private Hold holdOf(Pace pace) {
        CountDownLatch over = new CountDownLatch(1);
        throttles.whenLetGo(session, pace, over::countDown);
        return new Hold(pace, over);
    }

    /** Whether the client is to be held, and its connection to the destination has been given back for it. */
    private boolean rests(Hold hold) {
        return !ended && !hold.isOver() && rest.test(hold.pace.held());
    }

    /** Waits, unless the session ends, and no longer than it or its transaction may last. */
    public void pause(Duration delay) {
        if (!delay.isZero()) {
            await(delay, new CountDownLatch(1));
        }
    }

    private void await(Duration delay, CountDownLatch over) {
        wait = over;
        if (ended) {
            return;
        }
        place.lendDelayed(() -> await(over, delay));
    }

    private void await(CountDownLatch over, Duration delay) {
        try {
            over.await(Math.min(delay.toNanos(), times.left().toNanos()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether waits have been ended. */
    boolean isEnded() {
        return ended;
    }

    /** Ends the wait, and all that would follow. Any thread. */
    void end() {
        ended = true;
        wait.countDown();
    }
}
