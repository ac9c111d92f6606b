package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.transport.SurvivedErrors;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends overdue waits on sockets, ten times a second, from one thread. It replaces SO_TIMEOUT, which costs a timer for each
 * read.
 */
final class Watchdog implements AutoCloseable {

    private static final long SWEEP_NANOS = 100_000_000;
    private static final long GRACE_NANOS = 1_000_000_000;

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final Thread thread = new Thread(this::sweepForever, "smtpproxy-watchdog");
    private final SurvivedErrors errors = new SurvivedErrors("ending overdue waits");
    private volatile boolean closed;

    Watchdog() {
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    Watched watch(Socket socket) {
        Watched deadline = new Watched(socket);
        watched.add(deadline);
        return deadline;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void sweepForever() {
        while (!closed) {
            try {
                LockSupport.parkNanos(SWEEP_NANOS);
                errors.log();
                sweep(System.nanoTime());
            } catch (Throwable survived) {
                errors.note(survived);
            }
        }
    }

    /** If one wait cannot be ended, the others are, and that one is tried again. */
    private void sweep(long now) {
        for (Watched each : watched) {
            try {
                each.endIfOverdue(now);
            } catch (Throwable survived) {
                errors.note(survived);
            }
        }
    }

    final class Watched implements Deadline {
        private static final long NEVER = 0;
        private final Socket socket;
        private volatile long due = NEVER;
        private final AtomicBoolean expired = new AtomicBoolean();

        Watched(Socket socket) {
            this.socket = socket;
        }

        @Override
        public void arm(Duration timeout) {
            long at = System.nanoTime() + timeout.toNanos();
            due = at == NEVER ? 1 : at;
        }

        @Override
        public void disarm() {
            due = NEVER;
        }

        @Override
        public boolean expired() {
            return expired.get();
        }

        @Override
        public void expire() {
            // a second shutdown would throw
            if (expired.compareAndSet(false, true)) {
                end(socket::shutdownInput);
            }
        }

        @Override
        public void close() {
            watched.remove(this);
        }

        /** First ends a read, so that a last reply can still be written; closes after a grace, which ends a write too. */
        private void endIfOverdue(long now) {
            long at = due;
            if (at == NEVER || now - at < 0) {
                return;
            }
            if (!expired.get()) {
                expire();
            } else if (now - at > GRACE_NANOS) {
                end(socket::close);
            }
        }

        private void end(Ending ending) {
            try {
                ending.run();
            } catch (IOException | UnsupportedOperationException gone) {
                closeQuietly();
            }
        }

        private void closeQuietly() {
            try {
                socket.close();
            } catch (IOException closedAnyway) {
                // nobody uses it any more
            }
        }
    }

    private interface Ending {
        void run() throws IOException;
    }
}
