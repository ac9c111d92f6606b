package io.github.smtpproxy.inspect;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Which sessions are shown: of those that begin in a second the first so many. Nobody reads more of them, and what is not
 * shown costs nearly nothing. A session is shown from its begin or not at all. Any thread.
 */
final class Sample {

    /** Beyond it a session is not remembered, and would be asked for again. */
    private static final int MOST_REMEMBERED = 100_000;

    private static final long SECOND_NANOS = 1_000_000_000;

    private final int mostASecond;
    private final LongSupplier nanoTime;
    private final Set<String> passedOver = ConcurrentHashMap.newKeySet();
    private final LongAdder count = new LongAdder();
    private long began;
    private int taken;

    Sample(int mostASecond, LongSupplier nanoTime) {
        this.mostASecond = mostASecond;
        this.nanoTime = nanoTime;
        this.began = nanoTime.getAsLong() - SECOND_NANOS;
    }

    boolean isPassedOver(String session) {
        return passedOver.contains(session);
    }

    /** Whether this session, which is new here, is shown; else it is passed over from now on. */
    boolean takes(String session) {
        if (isRoom()) {
            return true;
        }
        passOver(session);
        return false;
    }

    private synchronized boolean isRoom() {
        long now = nanoTime.getAsLong();
        if (now - began >= SECOND_NANOS) {
            began = now;
            taken = 0;
        }
        if (taken == mostASecond) {
            return false;
        }
        taken++;
        return true;
    }

    void passOver(String session) {
        if (passedOver.size() < MOST_REMEMBERED && passedOver.add(session)) {
            count.increment();
        }
    }

    /** It has ended. */
    void forget(String session) {
        passedOver.remove(session);
    }

    void forgetAll() {
        passedOver.clear();
    }

    /** How many were passed over. */
    long count() {
        return count.sum();
    }
}
