package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.Throttles;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Delays of a session, by throttles and after failed logins. The session's thread waits; any thread may end the wait. */
public final class Pacing {

    private final Throttles throttles;
    private final CountDownLatch ended = new CountDownLatch(1);

    Pacing(Throttles throttles) {
        this.throttles = throttles;
    }

    /**
     * Waits as long as the throttles demand before a step.
     *
     * @return their refusal, if they refuse
     */
    public Optional<Reply> before(Step step) {
        Throttles.Verdict verdict = throttles.before(step);
        pause(verdict.delay());
        return verdict.refusal();
    }

    /**
     * Waits until the throttles grant octets that have arrived.
     *
     * @return their refusal, if they refuse
     */
    public Optional<Reply> arrived(Transaction transaction, long octets) {
        return throttles.grant(octets, left -> new Step.Data(transaction, left), this::pause);
    }

    /**
     * Waits until the throttles grant octets that are to be sent.
     *
     * @return whether this took a delay
     */
    public boolean send(Transaction transaction, long octets) {
        if (throttles.isEmpty()) {
            return false;
        }
        boolean[] delayed = {false};
        throttles.grant(octets, left -> new Step.Send(transaction, left), delay -> {
            delayed[0] |= !delay.isZero();
            pause(delay);
        });
        return delayed[0];
    }

    /** Waits, unless the session ends. */
    public void pause(Duration delay) {
        if (delay.isZero()) {
            return;
        }
        try {
            ended.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether waits have been ended. */
    boolean isEnded() {
        return ended.getCount() == 0;
    }

    /** Ends the wait, and all that would follow. Any thread. */
    void end() {
        ended.countDown();
    }
}
