package io.github.smtpproxy.internal.listener;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Gives SubEtha our session threads. Whatever keeps a thread from starting becomes a refused connection: anything else
 * would end SubEtha's accept loop while the port stays open. Its stop waits here for nothing: sessions are ours to end.
 */
final class SessionExecutor extends AbstractExecutorService {

    private final Executor threads;
    private volatile boolean shutdown;

    SessionExecutor(Executor threads) {
        this.threads = threads;
    }

    @Override
    public void execute(Runnable session) {
        try {
            threads.execute(session);
        } catch (RejectedExecutionException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw new RejectedExecutionException("no thread for the session", e);
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
}
