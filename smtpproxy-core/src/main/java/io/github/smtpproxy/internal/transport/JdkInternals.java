package io.github.smtpproxy.internal.transport;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * All that we use of the JDK's inside, and why. Each is told apart where it is not to be had. Tried on Temurin 25.0.3.
 *
 * <p><b>Virtual threads that are carried by whom we like</b>: each time one of them is to go on, the executor it was
 * made with is given the piece of it that runs until it waits again. Up to JDK 25 every virtual thread that the public
 * API makes runs on the JDK's own pool, where each wait costs a poller's wake-up and a hand-over between threads. The
 * builder that takes an executor is there, for the JDK's own tests: {@code
 * java.lang.ThreadBuilders.VirtualThreadBuilder(Executor)}, on JDK 21 to 25, if {@code java.base/java.lang} is opened to
 * us. When a public API comes (the Loom repository has {@code Thread.Builder.OfVirtual.scheduler}), {@link #constructor}
 * is asked for it first, and the flag is needed no more; nothing else changes.
 *
 * <p><b>The number that the kernel knows a channel by</b>, which an io_uring wants: there is no public way to it. {@code
 * sun.nio.ch.SelChImpl} tells it, on all JDKs so far, if {@code java.base/sun.nio.ch} is opened to us. Should a public
 * way come, {@link #findDescriptorOf} takes it.
 */
final class JdkInternals {

    private static final String BUILDER = "java.lang.ThreadBuilders$VirtualThreadBuilder";
    private static final int FIRST_JDK = 21;
    private static final MethodHandle DESCRIPTOR_OF = findDescriptorOf();

    private JdkInternals() {}

    /** Why this JVM does not let us carry threads, with what would help; empty if it does. It is found out by trying. */
    static Optional<String> lackOfCarriedThreads() {
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

    /** Makes virtual threads that the executor carries. It must run each task on a platform thread, and refuse none. */
    static ThreadFactory threadsCarriedBy(Executor carrier) {
        try {
            Object builder = constructor().newInstance(carrier);
            return (ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no virtual threads with a carrier of our own: " + e, e);
        }
    }

    /** Why a channel's descriptor cannot be had in this JVM, with what would help; empty if it can. */
    static Optional<String> lackOfDescriptors() {
        return DESCRIPTOR_OF == null ? Optional.of(notOpened("sun.nio.ch")) : Optional.empty();
    }

    static int descriptorOf(SocketChannel channel) {
        try {
            return (int) DESCRIPTOR_OF.invokeExact((Channel) channel);
        } catch (Throwable t) {
            throw new IllegalStateException("no descriptor of a channel: " + t, t);
        }
    }

    private static Constructor<?> constructor() throws ReflectiveOperationException {
        Constructor<?> constructor = Class.forName(BUILDER).getDeclaredConstructor(Executor.class);
        if (!constructor.trySetAccessible()) {
            throw new IllegalAccessException(notOpened("java.lang"));
        }
        return constructor;
    }

    private static boolean carries() {
        CountDownLatch ran = new CountDownLatch(1);
        threadsCarriedBy(piece -> new Thread(piece, "smtpproxy-trial").start())
                .newThread(ran::countDown)
                .start();
        try {
            return ran.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Null where it is not to be had. */
    private static MethodHandle findDescriptorOf() {
        try {
            Method method = Class.forName("sun.nio.ch.SelChImpl").getMethod("getFDVal");
            return method.trySetAccessible()
                    ? MethodHandles.lookup().unreflect(method).asType(MethodType.methodType(int.class, Channel.class))
                    : null;
        } catch (ReflectiveOperationException notThere) {
            return null;
        }
    }

    private static String notOpened(String closed) {
        Module us = JdkInternals.class.getModule();
        String to = us.isNamed() ? us.getName() : "ALL-UNNAMED";
        return "java.base does not open " + closed + "; start the JVM with --add-opens java.base/" + closed + "=" + to;
    }
}
