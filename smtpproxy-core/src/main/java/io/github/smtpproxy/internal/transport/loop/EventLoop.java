package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.SurvivedErrors;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A queue of tasks and a {@link Poller}, served by one platform thread at a time. The loop is the scheduler of its
 * sessions' virtual threads, so a session whose socket becomes ready continues on the thread that polled it, without a
 * hand-over between threads.
 *
 * <h2>One round</h2>
 *
 * <ol>
 *   <li>Run the queued tasks. A task is a virtual thread from where it stands to its next wait.
 *   <li>Poll the sockets. The thread that waits for a ready socket is unparked, which queues its continuation here. If the
 *       queue is empty, this waits until a socket is ready, a deadline has passed, or {@link #wake} is called.
 *   <li>If a deadline has passed, wake every thread that waits beyond its own, at most ten times a second. No timer is set
 *       for a wait and none is cancelled, because most waits end long before their deadline.
 * </ol>
 *
 * <h2>Which thread does what</h2>
 *
 * <ul>
 *   <li>The <b>server</b> is the thread in {@link #serve}. Only the server polls and sweeps, and it is the only one to write
 *       {@link #now} and {@link #nextSweep}.
 *   <li><b>Session code</b> runs on virtual threads that the loop carries. All waits of a session, on the client's and on
 *       the destination's socket, belong to the loop that carries it: {@link #current}.
 *   <li>A thread that a task blocks (a computation, a file, a monitor on JDK 21) cannot serve. TakeOver then lets another
 *       platform thread serve, and the blocked one leaves {@link #runTasks} when its task returns. So <b>tasks of
 *       one loop may run at the same time</b>; the state of a socket must not rely on the loop being one thread.
 *   <li><b>Any thread</b> may call {@link #execute}, {@link #wake}, {@link #wakeAt}, {@link #startSession} and {@link
 *       #close}.
 * </ul>
 *
 * <h2>Invariants</h2>
 *
 * <ul>
 *   <li>{@link #turn} only grows. It is even between tasks and odd while the server runs one. Whoever moves it from an odd
 *       value owns the loop: the server when its task has returned, or the thread that takes the loop over. Between tasks
 *       nobody can take it over.
 *   <li>No wake-up is lost. The server sets {@link #polling} before it looks whether there are tasks, and a thread that
 *       adds a task looks at {@code polling} afterwards: at least one of them sees the other.
 *   <li>What an existing session needs to continue is allocated in advance, because a session can only give memory back
 *       by ending. The server survives every Throwable, an OutOfMemoryError included.
 *   <li>A closed loop ends with its last session. What is queued after that runs on the platform threads.
 * </ul>
 */
public final class EventLoop implements Executor {

    /**
     * Tasks between two polls: at least as many as one poll can wake. A second poll before they have run would report the
     * same sockets again, and the interest in them would have to be dropped and registered anew.
     */
    private static final int TASKS_PER_ROUND = 1024;

    private static final long SWEEP_NANOS = 100_000_000;

    private static final ThreadLocal<EventLoop> CURRENT = new ThreadLocal<>();

    private final Poller poller;
    private final Executor threads;
    private final SurvivedErrors errors = new SurvivedErrors("an event loop");
    private final TaskQueue tasks = new TaskQueue();
    private final ThreadFactory carried = CarriedThreads.by(this);
    private final Runnable enter = () -> CURRENT.set(this);
    private final AtomicInteger sessions = new AtomicInteger();

    private final AtomicLong turn = new AtomicLong();
    private volatile Thread server = Thread.currentThread();
    private final AtomicInteger away = new AtomicInteger();

    private final AtomicLong nextDue = new AtomicLong(Clock.NEVER);
    private long nextSweep;
    /** When the server last polled; 0 while it polls. */
    private volatile long now = Clock.now();

    private volatile boolean polling;
    private volatile boolean closing;
    private volatile boolean ended;

    /** @param threads runs each task on a platform thread, without queueing */
    EventLoop(Poller poller, Executor threads) {
        this.poller = poller;
        this.threads = threads;
    }

    /** The loop that carries the calling thread, or null. */
    static EventLoop current() {
        return CURRENT.get();
    }

    /** Closes the poller if there is no thread to serve the loop. */
    void start() {
        try {
            threads.execute(this::serve);
        } catch (RuntimeException | Error e) {
            poller.close();
            throw e;
        }
    }

    /**
     * Runs a session on a virtual thread of this loop.
     *
     * @return whether the loop had no session before
     */
    boolean startSession(Runnable session) {
        boolean first = sessions.incrementAndGet() == 1;
        if (closing) {
            sessionEnded();
            throw new RejectedExecutionException("the transport is closed");
        }
        try {
            tasks.reserve(2 * sessions.get());
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

    public Poller poller() {
        return poller;
    }

    /** Logs what went wrong. Not for threads that the loop carries or waits for. */
    void logErrors() {
        errors.log();
    }

    /** Lets the present sessions run to their end, and takes no new ones. */
    void close() {
        closing = true;
        poller.wakeup();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (ended && tasks.remove(task)) {
            threads.execute(task);
        } else {
            wake();
        }
    }

    /** Makes the poller see what the calling thread has changed. */
    public void wake() {
        if (polling && Thread.currentThread() != server) {
            polling = false;
            poller.wakeup();
        }
    }

    /** Makes the loop wake overdue threads at this time, or at most a tenth of a second later. */
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

    /** The time of the last poll: exact enough for a deadline, and cheaper than the clock. */
    long now() {
        long last = now;
        return last == 0 ? Clock.now() : last;
    }

    // for TakeOver

    long turn() {
        return turn.get();
    }

    static boolean isTask(long turn) {
        return (turn & 1) == 1;
    }

    Thread server() {
        return server;
    }

    boolean hasTasks() {
        return !tasks.isEmpty();
    }

    /** How many threads run a task that the loop no longer waits for. */
    int away() {
        return away.get();
    }

    /** Serves the loop, unless the task of that turn has returned or another thread serves already. */
    void serveInPlaceOf(long blocked) {
        if (turn.compareAndSet(blocked, blocked + 1)) {
            away.incrementAndGet();
            serve();
        }
    }

    /** Runs tasks for as long as the server makes no progress. */
    void runTasksDuring(long stalled) {
        for (Runnable task = tasks.poll(); task != null; task = turn.get() == stalled ? tasks.poll() : null) {
            attempt(task);
        }
    }

    // sessions

    private void run(Runnable session) {
        try {
            errors.retry(enter);
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

    // the server

    private void serve() {
        server = Thread.currentThread();
        while (!isOver()) {
            if (!runTasks()) {
                away.decrementAndGet();
                return;
            }
            try {
                poll();
            } catch (Throwable survived) {
                errors.note(survived);
            }
        }
        end();
    }

    /** Returns false if another thread has taken the loop over. */
    private boolean runTasks() {
        long last = turn.get();
        for (int i = 0; i < TASKS_PER_ROUND; i++) {
            Runnable task = tasks.poll();
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
        } catch (Throwable survived) {
            errors.note(survived);
        }
    }

    private void poll() throws IOException {
        polling = true;
        long due = Math.max(nextDue.get(), nextSweep);
        long last = now;
        now = 0;
        try {
            if (!tasks.isEmpty() || last >= due || isOver()) {
                poller.pollNow();
            } else {
                poller.poll(due == Clock.NEVER ? 0 : due - last);
            }
        } finally {
            polling = false;
            now = Clock.now();
        }
        if (now >= due) {
            sweep();
        }
    }

    /** Wakes the threads that are overdue, and finds out when the next one will be. */
    private void sweep() {
        nextDue.set(Clock.NEVER);
        nextSweep = now + SWEEP_NANOS;
        boolean complete = false;
        try {
            poller.sockets().forEach(socket -> wakeAt(socket.wakeIfOverdue(now)));
            complete = true;
        } finally {
            if (!complete) {
                nextDue.set(now);
            }
        }
    }

    private boolean isOver() {
        return closing && sessions.get() == 0 && tasks.isEmpty();
    }

    private void end() {
        ended = true;
        try {
            poller.sockets().forEach(EventLoopSocket::abandon);
        } finally {
            poller.close();
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            threads.execute(task);
        }
    }
}
