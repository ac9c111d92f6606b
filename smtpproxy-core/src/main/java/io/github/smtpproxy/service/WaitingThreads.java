package io.github.smtpproxy.service;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;

/** Threads on which code waits that must not hold a session's: virtual ones on JDK 21 and later, else daemon threads. */
public final class WaitingThreads {

    private static final int IDLE_SECONDS = 2;
    private static final ExecutorService THREADS = threads();

    private WaitingThreads() {}

    /** Runs it on a thread of its own; to cancel it interrupts that. */
    public static <T> Future<T> submit(Callable<T> work) {
        Objects.requireNonNull(work, "work");
        return THREADS.submit(work);
    }

    private static ExecutorService threads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException beforeJdk21) {
            return new ThreadPoolExecutor(
                    0, Integer.MAX_VALUE, IDLE_SECONDS, SECONDS, new SynchronousQueue<>(), task -> {
                        Thread thread = new Thread(task, "smtpproxy-waiting");
                        thread.setDaemon(true);
                        return thread;
                    });
        }
    }
}
