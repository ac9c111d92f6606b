package io.github.smtpproxy.inspect;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Which sessions are shown: so many a second, and a few hundred that come at once. Nobody reads more of them, and what is
 * not shown costs nearly nothing. A session is shown from its begin or not at all. Any thread.
 */
final class Sample {

    /** Beyond it a session is not remembered, and would be asked for again. */
    private static final int MOST_REMEMBERED = 100_000;

    private static final long SECOND_NANOS = 1_000_000_000;

    private final int most;
    private final long nanosForOne;
    private final LongSupplier nanoTime;
    private final Set<String> passedOver = ConcurrentHashMap.newKeySet();
    private final LongAdder count = new LongAdder();
    private long grantedAt;
    private int room;

    /**
     * @param most that are shown where they come at once
     * @param aSecond that are shown where they keep coming
     */
    Sample(int most, int aSecond, LongSupplier nanoTime) {
        this.most = most;
        this.nanosForOne = SECOND_NANOS / aSecond;
        this.nanoTime = nanoTime;
        this.grantedAt = nanoTime.getAsLong();
        this.room = most;
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
        long granted = (nanoTime.getAsLong() - grantedAt) / nanosForOne;
        grantedAt += granted * nanosForOne;
        room = (int) Math.min(most, room + granted);
        if (room == 0) {
            return false;
        }
        room--;
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
