package io.github.smtpproxy.internal.transport;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/**
 * The number that the kernel knows a channel by. The JDK has no public way to it; {@code sun.nio.ch.SelChImpl} tells it
 * on all JDKs so far, if {@code java.base/sun.nio.ch} is opened to us. Tried on Temurin 25.0.3.
 */
final class Descriptor {

    private static final MethodHandle OF = find();

    private Descriptor() {}

    /** Why it cannot be had in this JVM, with what would help; empty if it can. */
    static Optional<String> unavailable() {
        Module us = Descriptor.class.getModule();
        String to = us.isNamed() ? us.getName() : "ALL-UNNAMED";
        return OF == null
                ? Optional.of(
                        "java.base does not open sun.nio.ch; start the JVM with --add-opens java.base/sun.nio.ch=" + to)
                : Optional.empty();
    }

    static int of(SocketChannel channel) {
        try {
            return (int) OF.invokeExact((Channel) channel);
        } catch (Throwable t) {
            throw new IllegalStateException("no descriptor of a channel: " + t, t);
        }
    }

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
}
