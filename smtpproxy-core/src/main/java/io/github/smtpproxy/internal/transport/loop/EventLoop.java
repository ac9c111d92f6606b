package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.Mishaps;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A poller and a queue that one thread at a time serves. The queue is the carrier of the loop's virtual threads: what
 * a ready socket wakes goes on here, without a hand-over to another thread.
 *
 * <p>A task that holds the thread (a computation, a file, a lock of JDK 21) does not hold the loop: another thread takes
 * it over, see {@link #relieve}. The one that was left finds out when its task is done or waits, and leaves. So nothing
 * that a virtual thread does may rely on the others standing still.
 */
public final class EventLoop implements Executor {

    /**
     * Tasks between two looks at the sockets: no fewer than one look wakes, else the next look would find again what has
     * been told already, and would have to drop the interest in it.
     */
    private static final int TURNS = 1024;

    private static final long MILLI = 1_000_000;
    private static final long SWEEP_NANOS = 100 * MILLI;
    /** A task that used the processor for so long holds the loop; one that did not may only have been preempted. */
    private static final long HELD_CPU_NANOS = 5 * MILLI;
    /** It holds the loop too where it waits for something else, a file say. */
    private static final long HELD_NANOS = 50 * MILLI;
    /** For how long foreign code is distrusted after the loop was held up, and at most if that goes on. */
    private static final long CAUTION_NANOS = 1_000 * MILLI;

    private static final long MAX_CAUTION_NANOS = 60 * CAUTION_NANOS;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final ThreadLocal<EventLoop> CURRENT = new ThreadLocal<>();

    private final Poller poller;
    private final Executor spares;
    private final Mishaps mishaps = new Mishaps("an event loop");
    private final TaskQueue queue = new TaskQueue();
    private final ThreadFactory carried = CarriedThreads.by(this);
    private final Runnable entering = () -> CURRENT.set(this);
    private final AtomicInteger sessions = new AtomicInteger();
    /** Odd while a task has the thread; who moves it from there to another value has the loop. */
    private final AtomicLong turn = new AtomicLong();

    private final AtomicLong nextDue = new AtomicLong(Clock.NEVER);
    private long nextSweep;
    /** 0 while it waits for its sockets: then the clock knows better. */
    private volatile long now = Clock.now();

    private long turnSeen;
    private long seenAt;
    private long cpuSeen;
    private long caution = CAUTION_NANOS;
    private volatile long cautiousUntil;
    private volatile Thread owner = Thread.currentThread();
    private volatile boolean polling;
    private volatile boolean closing;
    private volatile boolean retired;

    /** @param spares gives each task a platform thread at once */
    EventLoop(Poller poller, Executor spares) {
        this.poller = poller;
        this.spares = spares;
    }

    /** The loop that carries this thread, or null. */
    static EventLoop current() {
        return CURRENT.get();
    }

    /** Where there is no thread for it nothing is left of it. */
    void start() {
        try {
            spares.execute(this::serve);
        } catch (RuntimeException | Error e) {
            poller.close();
            throw e;
        }
    }

    /**
     * Runs a session on a virtual thread of this loop.
     *
     * @return whether there was none before
     */
    boolean session(Runnable session) {
        boolean first = sessions.incrementAndGet() == 1;
        if (closing) {
            sessionEnded();
            throw new RejectedExecutionException("the transport is closed");
        }
        try {
            queue.reserve(2 * sessions.get());
            carried.newThread(() -> run(session)).start();
            return first;
        } catch (RuntimeException | Error e) {
            sessionEnded();
            throw e;
        }
    }

    int sessions() {
        return sessions.get();
    }

    /** By a thread that the loop does not carry, nor its other threads wait for. */
    void tellMishaps() {
        mishaps.tell();
    }

    /** Lets the sessions that there are end by themselves, and takes no more. */
    void close() {
        closing = true;
        poller.wakeup();
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (retired && queue.remove(task)) {
            spares.execute(task);
        } else {
            wake();
        }
    }

    public Poller poller() {
        return poller;
    }

    /** Has the poller see what another thread changed. */
    public void wake() {
        if (polling && Thread.currentThread() != owner) {
            polling = false;
            poller.wakeup();
        }
    }

    /** Sees to it that someone who waits is woken at this time, or at most a tenth of a second later. */
    void wakeAt(long due) {
        long next = nextDue.get();
        while (due < next) {
            if (nextDue.compareAndSet(next, due)) {
                wake();
                return;
            }
            next = nextDue.get();
        }
    }

    /** The time when the loop last looked at its sockets: near enough for a deadline, and cheaper than the clock. */
    long now() {
        long last = now;
        return last == 0 ? Clock.now() : last;
    }

    /**
     * Called at each tick: has another thread take over the loop if one task holds the thread, or help out if the thread
     * does not come to its tasks.
     */
    void relieve() {
        long current = turn.get();
        boolean busy = (current & 1) == 1;
        if (current != turnSeen) {
            turnSeen = current;
            seenAt = Clock.now();
            cpuSeen = busy ? cpuOfOwner() : 0;
        } else if (busy && isHeld()) {
            beCautious();
            handOver(current);
        } else if (!busy && !queue.isEmpty()) {
            spares.execute(() -> help(current));
        }
    }

    /**
     * Runs tasks that the loop's thread does not come to. It may wait for a monitor of its selector that the JVM has
     * promised to a virtual thread in this very queue: who runs that one frees both.
     */
    private void help(long stuck) {
        for (Runnable task = queue.poll(); task != null; task = turn.get() == stuck ? queue.poll() : null) {
            attempt(task);
        }
    }

    private void beCautious() {
        long time = Clock.now();
        boolean again = time < cautiousUntil + caution;
        caution = again ? Math.min(2 * caution, MAX_CAUTION_NANOS) : CAUTION_NANOS;
        cautiousUntil = time + caution;
    }

    private boolean isHeld() {
        return cpuOfOwner() - cpuSeen >= HELD_CPU_NANOS || Clock.now() - seenAt >= HELD_NANOS;
    }

    private long cpuOfOwner() {
        return THREADS.isThreadCpuTimeSupported() ? THREADS.getThreadCpuTime(owner.getId()) : 0;
    }

    /** Called by a task that may hold the thread: leaves the loop to another thread if that has been needed lately. */
    void mayBeHeld() {
        if (cautiousUntil != 0 && Clock.now() < cautiousUntil) {
            handOver(turn.get());
        }
    }

    /** The new thread takes the loop itself: should it come too late, or not at all, nothing has changed. */
    private void handOver(long held) {
        if ((held & 1) == 0) {
            return;
        }
        try {
            spares.execute(() -> {
                if (turn.compareAndSet(held, held + 3)) {
                    serve();
                }
            });
        } catch (Throwable noThread) {
            mishaps.note(noThread);
        }
    }

    private void run(Runnable session) {
        try {
            mishaps.insist(entering);
            session.run();
        } finally {
            CURRENT.remove();
            sessionEnded();
        }
    }

    private void sessionEnded() {
        if (sessions.decrementAndGet() == 0 && closing) {
            wake();
        }
    }

    private void serve() {
        owner = Thread.currentThread();
        while (!over()) {
            if (!runTasks()) {
                return;
            }
            try {
                poll();
            } catch (Throwable outOfMemory) {
                mishaps.note(outOfMemory);
            }
        }
        retire();
    }

    /** @return whether the loop is still this thread's */
    private boolean runTasks() {
        long last = turn.get();
        for (int i = 0; i < TURNS; i++) {
            Runnable task = queue.poll();
            if (task == null) {
                break;
            }
            turn.setRelease(last + 1);
            attempt(task);
            if (!turn.compareAndSet(last + 1, last + 2)) {
                return false;
            }
            last += 2;
        }
        return true;
    }

    private void attempt(Runnable task) {
        try {
            task.run();
        } catch (Throwable failed) {
            mishaps.note(failed);
        }
    }

    private void poll() throws IOException {
        // first of all, so that whoever changes something from here on wakes the poller
        polling = true;
        long due = Math.max(nextDue.get(), nextSweep);
        long last = now;
        now = 0;
        try {
            if (!queue.isEmpty() || last >= due || over()) {
                poller.look();
            } else {
                poller.await(due == Clock.NEVER ? 0 : due - last);
            }
        } finally {
            polling = false;
            now = Clock.now();
        }
        if (now >= due) {
            sweep();
        }
    }

    /** Wakes the overdue. No timer is set for a wait and none cancelled: most end long before. */
    private void sweep() {
        nextDue.set(Clock.NEVER);
        nextSweep = now + SWEEP_NANOS;
        boolean swept = false;
        try {
            poller.sockets().forEach(socket -> wakeAt(socket.wakeIfOverdue(now)));
            swept = true;
        } finally {
            if (!swept) {
                nextDue.set(now);
            }
        }
    }

    private boolean over() {
        return closing && sessions.get() == 0 && queue.isEmpty();
    }

    /** What comes later (a thread that a session left behind) is carried by threads of the pool. */
    private void retire() {
        retired = true;
        try {
            poller.sockets().forEach(EventLoopSocket::abandon);
        } finally {
            poller.close();
        }
        for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
            spares.execute(task);
        }
    }
}
