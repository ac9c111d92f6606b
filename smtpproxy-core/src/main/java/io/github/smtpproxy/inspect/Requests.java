package io.github.smtpproxy.inspect;

import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves the requests of the page, each in a bounded time: its head and its answer together, or, of a stream, each part that
 * is written. So many are served at once; where there is one more, the oldest of them is cut, and never a stream. A request
 * that is sent as it should be needs its place for a moment, so those that are sent slowly, however many, keep nobody out.
 */
final class Requests implements Executor, AutoCloseable {

    /** Without streams, of which there are so many at most as {@link Viewers} let in. */
    static final int MOST = 32;

    private final long patienceMillis;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, Requests::daemon);
    /** Those that must give way, the oldest first, with what ends their time. */
    private final Map<Turn, Future<?>> turns = new LinkedHashMap<>();

    private final ThreadLocal<Turn> own = new ThreadLocal<>();

    /** @param patience how long a request may take, or a part of a stream */
    Requests(Duration patience) {
        patienceMillis = patience.toMillis();
        int most = MOST + Viewers.MOST;
        threads =
                new ThreadPoolExecutor(most, most, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Requests::daemon);
        threads.allowCoreThreadTimeOut(true);
        clock.setRemoveOnCancelPolicy(true);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "smtpproxy-inspect");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void execute(Runnable exchange) {
        Turn turn = new Turn(exchange);
        admit(turn);
        try {
            threads.execute(() -> serve(turn));
        } catch (RejectedExecutionException closed) {
            leave(turn);
            throw closed;
        }
    }

    private synchronized void admit(Turn turn) {
        if (turns.size() == MOST) {
            Iterator<Map.Entry<Turn, Future<?>>> oldest = turns.entrySet().iterator();
            Map.Entry<Turn, Future<?>> first = oldest.next();
            first.getValue().cancel(false);
            first.getKey().cut();
            oldest.remove();
        }
        turns.put(turn, bounded(turn));
    }

    private Future<?> bounded(Turn turn) {
        return clock.schedule(turn::cut, patienceMillis, TimeUnit.MILLISECONDS);
    }

    private void serve(Turn turn) {
        own.set(turn);
        try {
            turn.run();
        } finally {
            own.remove();
            leave(turn);
        }
    }

    private synchronized void leave(Turn turn) {
        Optional.ofNullable(turns.remove(turn)).ifPresent(bound -> bound.cancel(false));
    }

    /** What writes. */
    interface Part {
        void write() throws IOException;
    }

    /** The request of this thread is a stream from now on: it gives way to nobody, and has time for each {@link #part}. */
    void becomeStream() {
        leave(own.get());
    }

    /** Writes a part of this thread's stream. Where that takes too long the connection is closed, and this throws. */
    void part(Part part) throws IOException {
        Future<?> bound = bounded(own.get());
        try {
            part.write();
        } finally {
            bound.cancel(false);
        }
    }

    /** Cuts all. */
    @Override
    public void close() {
        clock.shutdownNow();
        threads.shutdownNow();
    }
}
