package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.transport.Mishaps;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends overdue waits on sockets, a few times a second, from one thread. Takes the place of SO_TIMEOUT, which costs a
 * timer for each read.
 */
final class Watchdog implements AutoCloseable {

    private static final long SWEEP_NANOS = 100_000_000;
    private static final long GRACE_NANOS = 1_000_000_000;

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final Thread thread = new Thread(this::sweepForever, "smtpproxy-watchdog");
    private final Mishaps mishaps = new Mishaps("ending overdue waits");
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
                mishaps.tell();
                sweep(System.nanoTime());
            } catch (Throwable outOfMemory) {
                mishaps.note(outOfMemory);
            }
        }
    }

    /** One that cannot be ended now does not keep the others waiting. */
    private void sweep(long now) {
        for (Watched each : watched) {
            try {
                each.endIfOverdue(now);
            } catch (Throwable outOfMemory) {
                mishaps.note(outOfMemory);
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
            // a second time the socket would refuse it
            if (expired.compareAndSet(false, true)) {
                end(socket::shutdownInput);
            }
        }

        @Override
        public void close() {
            watched.remove(this);
        }

        /** The first time wakes a read, which leaves the output for a last reply; a write needs the second. */
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
                // there is nobody left to tell
            }
        }
    }

    private interface Ending {
        void run() throws IOException;
    }
}
