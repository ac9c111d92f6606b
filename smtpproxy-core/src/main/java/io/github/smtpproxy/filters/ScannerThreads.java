package io.github.smtpproxy.filters;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;

/** The threads on which scanners wait for their services: virtual ones on JDK 21 and later, else daemon threads. */
final class ScannerThreads {

    private static final int IDLE_SECONDS = 2;
    private static final ExecutorService THREADS = threads();

    private ScannerThreads() {}

    static <T> Future<T> submit(Callable<T> work) {
        return THREADS.submit(work);
    }

    private static ExecutorService threads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException beforeJdk21) {
            return new ThreadPoolExecutor(
                    0, Integer.MAX_VALUE, IDLE_SECONDS, SECONDS, new SynchronousQueue<>(), task -> {
                        Thread thread = new Thread(task, "smtpproxy-scanner");
                        thread.setDaemon(true);
                        return thread;
                    });
        }
    }
}
