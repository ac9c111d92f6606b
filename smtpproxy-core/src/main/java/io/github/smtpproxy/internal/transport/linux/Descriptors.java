package io.github.smtpproxy.internal.transport.linux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.channels.Channel;
import java.util.Optional;

/**
 * The file descriptors of channels, by which the kernel knows them. The JDK has no public way to them. {@code
 * sun.nio.ch.SelChImpl} returns them on all JDKs so far, if {@code java.base/sun.nio.ch} is opened to us. Tried on Temurin
 * 25.0.3.
 */
public final class Descriptors {

    private static final MethodHandle DESCRIPTOR_OF = find();

    private Descriptors() {}

    /** Why this JVM does not give access to them, and what would help; empty if it does. */
    public static Optional<String> unavailable() {
        return DESCRIPTOR_OF == null ? Optional.of(notOpened()) : Optional.empty();
    }

    public static int of(Channel channel) {
        try {
            return (int) DESCRIPTOR_OF.invokeExact(channel);
        } catch (Throwable t) {
            throw new IllegalStateException("no descriptor of a channel: " + t, t);
        }
    }

    /** Null if there is no access. */
    private static MethodHandle find() {
        try {
            Method method = Class.forName("sun.nio.ch.SelChImpl").getMethod("getFDVal");
            return method.trySetAccessible()
                    ? MethodHandles.lookup().unreflect(method).asType(MethodType.methodType(int.class, Channel.class))
                    : null;
        } catch (ReflectiveOperationException notThere) {
            return null;
        }
    }

    private static String notOpened() {
        Module us = Descriptors.class.getModule();
        String to = us.isNamed() ? us.getName() : "ALL-UNNAMED";
        return "java.base does not open sun.nio.ch; start the JVM with --add-opens java.base/sun.nio.ch=" + to;
    }
}
