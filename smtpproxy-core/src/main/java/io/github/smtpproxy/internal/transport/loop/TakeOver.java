package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.SurvivedErrors;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.Executor;

/**
 * Keeps one loop going when a thread of it is stuck. {@link #check} is called at each tick by a thread that watches all
 * loops. Two things can have happened since the tick before:
 *
 * <ul>
 *   <li><b>One task has had the thread all the time.</b> Another thread serves the loop from now on, and the task's thread
 *       leaves it when the task returns.
 *   <li><b>The thread does not come to the queued tasks.</b> It may wait for a monitor of its selector that the JVM has
 *       promised to a virtual thread in that very queue. Another thread runs the tasks; the one among them that has the
 *       monitor sets both free.
 * </ul>
 *
 * A task that blocks costs the other sessions up to two ticks. So once a loop has been blocked, code that may block it
 * again gives the loop away at once for a while, see {@link #beforeBlocking}. Code that never blocks costs nothing.
 *
 * <p>On a machine that is busy a task looks blocked that only waits for a processor, and to give the loop away for each call
 * then makes it busier. So that is done for some tasks at a time; for more, the tick decides.
 */
final class TakeOver {

    private static final long MILLI = 1_000_000;

    /** A task that has used this much processor time blocks the loop. One that has not may only have been preempted. */
    private static final long BLOCKED_CPU_NANOS = 5 * MILLI;
    /** A task that waits for something else than a socket, say a file, blocks the loop too. */
    private static final long BLOCKED_NANOS = 50 * MILLI;
    /** How long the loop is given away at once; doubled each time it is blocked again within that time. */
    private static final long MIN_CAUTION_NANOS = 1_000 * MILLI;

    private static final long MAX_CAUTION_NANOS = 60_000 * MILLI;

    /** Tasks for which the loop was given away at once; enough for calls that wait, few enough for those that compute. */
    static final int MOST_AWAY = 128;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final EventLoop loop;
    private final Executor threads;
    private final SurvivedErrors errors;

    // the last change that check() has seen
    private long turnSeen;
    private long seenAt;
    private long cpuSeen;

    private long caution = MIN_CAUTION_NANOS;
    private volatile long cautiousUntil;

    TakeOver(EventLoop loop, Executor threads, SurvivedErrors errors) {
        this.loop = loop;
        this.threads = threads;
        this.errors = errors;
    }

    /** Called at each tick, by one thread. */
    void check() {
        long turn = loop.turn();
        boolean task = EventLoop.isTask(turn);
        if (turn != turnSeen) {
            turnSeen = turn;
            seenAt = Clock.now();
            cpuSeen = task ? cpuOfServer() : 0;
        } else if (task && isBlocked()) {
            beCautious();
            giveAway(turn);
        } else if (!task && loop.hasTasks()) {
            threads.execute(() -> loop.runTasksDuring(turn));
        }
    }

    /** Called by a task before code that may block: gives the loop away if it has been blocked lately. */
    void beforeBlocking() {
        if (cautiousUntil != 0 && Clock.now() < cautiousUntil && loop.away() < MOST_AWAY) {
            giveAway(loop.turn());
        }
    }

    /** The other thread takes the loop itself. If it comes too late, or there is none, nothing has changed. */
    private void giveAway(long turn) {
        if (!EventLoop.isTask(turn)) {
            return;
        }
        try {
            threads.execute(() -> loop.serveInPlaceOf(turn));
        } catch (Throwable noThread) {
            errors.note(noThread);
        }
    }

    private void beCautious() {
        long now = Clock.now();
        boolean again = now < cautiousUntil + caution;
        caution = again ? Math.min(2 * caution, MAX_CAUTION_NANOS) : MIN_CAUTION_NANOS;
        cautiousUntil = now + caution;
    }

    private boolean isBlocked() {
        return cpuOfServer() - cpuSeen >= BLOCKED_CPU_NANOS || Clock.now() - seenAt >= BLOCKED_NANOS;
    }

    private long cpuOfServer() {
        return THREADS.isThreadCpuTimeSupported()
                ? THREADS.getThreadCpuTime(loop.server().getId())
                : 0;
    }
}
