package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.SurvivedErrors;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Gives SubEtha our session threads. Whatever keeps a thread from starting becomes a refused connection: anything else
 * would end SubEtha's accept loop. Its stop waits here for nothing: sessions are ours to end.
 *
 * <p>Where that loop failed before it came here, see {@link ListeningSocket}, SubEtha still counts the connection, and
 * would take no more some day. It forgets one each time that a session has run, and one that is over can run again at no
 * cost. So does one that failed for want of memory: SubEtha may not have counted its end.
 */
final class SessionExecutor extends AbstractExecutorService {

    /** Made before it is needed: there may be no memory then. */
    private static final RejectedExecutionException NO_THREAD = new NoThreadException();

    private final Executor threads;
    private final ListeningSocket port;
    private final SurvivedErrors errors = new SurvivedErrors("starting sessions");
    private volatile boolean shutdown;

    /** @param port whose connections run here */
    SessionExecutor(Executor threads, ListeningSocket port) {
        this.threads = threads;
        this.port = port;
    }

    @Override
    public void execute(Runnable session) {
        port.taken();
        try {
            errors.log();
            threads.execute(() -> run(session));
        } catch (Throwable noThread) {
            errors.note(noThread);
            throw NO_THREAD;
        }
    }

    private void run(Runnable session) {
        errors.retry(session);
        while (port.lostOne()) {
            errors.retry(session);
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    private static final class NoThreadException extends RejectedExecutionException {
        private static final long serialVersionUID = 1;

        NoThreadException() {
            super("no thread for the session");
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }
}
