package io.github.smtpproxy.filters;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The threads on which scanners wait for their services: virtual ones on JDK 21 and later, else daemon threads. */
final class ScannerThreads {

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
            return Executors.newCachedThreadPool(task -> {
                Thread thread = new Thread(task, "smtpproxy-scanner");
                thread.setDaemon(true);
                return thread;
            });
        }
    }
}
