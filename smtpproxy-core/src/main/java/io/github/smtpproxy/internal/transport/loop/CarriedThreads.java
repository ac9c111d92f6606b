package io.github.smtpproxy.internal.transport.loop;

import java.lang.reflect.Constructor;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Virtual threads with a carrier of our own. Each time such a thread is to continue, the executor that it was made with is
 * given the piece of it that runs until it waits again.
 *
 * <p>Up to JDK 25 every virtual thread that the public API makes runs on the JDK's own pool, where each wait costs a
 * poller's wake-up and a hand-over between threads. The builder that takes an executor exists for the JDK's own tests:
 * {@code java.lang.ThreadBuilders.VirtualThreadBuilder(Executor)}, on JDK 21 to 25, if {@code java.base/java.lang} is
 * opened to us. When a public API comes (the Loom repository has {@code Thread.Builder.OfVirtual.scheduler}), {@link
 * #constructor} asks for it first, and the flag is no longer needed. Tried on Temurin 25.0.3.
 */
final class CarriedThreads {

    private static final String BUILDER = "java.lang.ThreadBuilders$VirtualThreadBuilder";
    private static final int FIRST_JDK = 21;

    private CarriedThreads() {}

    /** Why this JVM does not let us carry threads, and what would help; empty if it does. It is found out by trying. */
    static Optional<String> unavailable() {
        int jdk = Runtime.version().feature();
        if (jdk < FIRST_JDK) {
            return Optional.of("JDK " + jdk + " has no virtual threads; JDK " + FIRST_JDK + " or later is needed");
        }
        try {
            constructor();
            return carries() ? Optional.empty() : Optional.of("JDK " + jdk + " did not run a virtual thread of ours");
        } catch (IllegalAccessException closed) {
            return Optional.of(closed.getMessage());
        } catch (ReflectiveOperationException | RuntimeException e) {
            return Optional.of("JDK " + jdk + " gives virtual threads no carrier of our own: " + e);
        }
    }

    /** Creates virtual threads that the executor carries. It must run every task, and each on a platform thread. */
    static ThreadFactory by(Executor carrier) {
        try {
            Object builder = constructor().newInstance(carrier);
            return (ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no virtual threads with a carrier of our own: " + e, e);
        }
    }

    private static Constructor<?> constructor() throws ReflectiveOperationException {
        Constructor<?> constructor = Class.forName(BUILDER).getDeclaredConstructor(Executor.class);
        if (!constructor.trySetAccessible()) {
            throw new IllegalAccessException(notOpened());
        }
        return constructor;
    }

    private static boolean carries() {
        CountDownLatch ran = new CountDownLatch(1);
        by(piece -> new Thread(piece, "smtpproxy-trial").start())
                .newThread(ran::countDown)
                .start();
        try {
            return ran.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String notOpened() {
        Module us = CarriedThreads.class.getModule();
        String to = us.isNamed() ? us.getName() : "ALL-UNNAMED";
        return "java.base does not open java.lang; start the JVM with --add-opens java.base/java.lang=" + to;
    }
}
