package io.github.smtpproxy.internal.transport.linux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Functions of the C library. They are called through {@code java.lang.foreign}, the JDK's public way from JDK 22 on, and
 * that by reflection, because this project is built for JDK 17 too. A call that fails returns -1; {@code errno} is not
 * read.
 */
public final class Libc {

    /** {@code recv(2)}, {@code send(2)}: do not wait. */
    public static final int MSG_DONTWAIT = 0x40;
    /** {@code send(2)}: wait until all octets are taken. */
    public static final int MSG_WAITALL = 0x100;
    /** {@code send(2)}: no signal if the peer has closed. */
    public static final int MSG_NOSIGNAL = 0x4000;

    /** {@code mmap(2)}: the pages may be read. */
    static final int PROT_READ = 1;
    /** {@code mmap(2)}: the pages may be written. */
    static final int PROT_WRITE = 2;
    /** {@code mmap(2)}: writes are seen by whoever else maps them. */
    static final int MAP_SHARED = 1;
    /** {@code mmap(2)}: writes are ours alone. */
    static final int MAP_PRIVATE = 2;
    /** {@code mmap(2)}: no file is behind the pages. */
    static final int MAP_ANONYMOUS = 0x20;

    private static final int FIRST_JDK = 22;
    private static final String FOREIGN = "java.lang.foreign.";

    private static final MethodHandle SYSCALL = find(
            "syscall", long.class, long.class, long.class, long.class, long.class, long.class, long.class, long.class);
    private static final MethodHandle MMAP =
            find("mmap", long.class, long.class, long.class, int.class, int.class, int.class, long.class);
    private static final MethodHandle MUNMAP = find("munmap", int.class, long.class, long.class);
    private static final MethodHandle RECV = findTransfer("recv");
    private static final MethodHandle SEND = findTransfer("send");
    private static final MethodHandle SETSOCKOPT =
            find("setsockopt", int.class, int.class, int.class, int.class, long.class, int.class);
    private static final MethodHandle GETSOCKOPT =
            find("getsockopt", int.class, int.class, int.class, int.class, long.class, long.class);
    private static final MethodHandle CLOSE = find("close", int.class, int.class);

    private Libc() {}

    /** Why this JVM cannot call it, and what would help; empty if it can. */
    public static Optional<String> unavailable() {
        int jdk = Runtime.version().feature();
        if (jdk < FIRST_JDK) {
            return Optional.of("JDK " + jdk + " cannot call the C library; JDK " + FIRST_JDK + " or later is needed");
        }
        return CLOSE == null
                ? Optional.of("JDK " + jdk + " does not call the C library; start the JVM with --enable-native-access="
                        + us())
                : Optional.empty();
    }

    private static String us() {
        Module us = Libc.class.getModule();
        return us.isNamed() ? us.getName() : "ALL-UNNAMED";
    }

    public static long syscall(long number, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) SYSCALL.invokeExact(number, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long mmap(long length, int protection, int flags, int fd, long offset) {
        try {
            return (long) MMAP.invokeExact(0L, length, protection, flags, fd, offset);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int munmap(long address, long length) {
        try {
            return (int) MUNMAP.invokeExact(address, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Must be called with {@link #MSG_DONTWAIT}, because the garbage collector waits for it. */
    public static int recv(int fd, byte[] target, int offset, int length, int flags) {
        try {
            return (int) (long) RECV.invokeExact(fd, target, (long) offset, (long) length, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Must be called with {@link #MSG_DONTWAIT}, because the garbage collector waits for it. */
    public static int send(int fd, byte[] source, int offset, int length, int flags) {
        try {
            return (int) (long) SEND.invokeExact(fd, source, (long) offset, (long) length, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static int close(int fd) {
        try {
            return (int) CLOSE.invokeExact(fd);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int setsockopt(int fd, int level, int option, long value, int length) {
        try {
            return (int) SETSOCKOPT.invokeExact(fd, level, option, value, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int getsockopt(int fd, int level, int option, long value, long length) {
        try {
            return (int) GETSOCKOPT.invokeExact(fd, level, option, value, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** The memory at an address. */
    static ByteBuffer memory(long address, long length) {
        try {
            Class<?> segment = Class.forName(FOREIGN + "MemorySegment");
            Object start = segment.getMethod("ofAddress", long.class).invoke(null, address);
            Object whole = segment.getMethod("reinterpret", long.class).invoke(start, length);
            ByteBuffer buffer = (ByteBuffer) segment.getMethod("asByteBuffer").invoke(whole);
            return buffer.order(ByteOrder.nativeOrder());
        } catch (ReflectiveOperationException e) {
            throw unexpected(e);
        }
    }

    private static IllegalStateException unexpected(Throwable thrown) {
        return new IllegalStateException("the C library cannot be called: " + thrown, thrown);
    }

    /** Null if it cannot be called. */
    private static MethodHandle find(String function, Class<?> result, Class<?>... arguments) {
        return orNull(() -> link(function, false, result, arguments).asType(MethodType.methodType(result, arguments)));
    }

    /**
     * Null if it cannot be called. The function reads or writes an array on the heap, without a copy: its arguments are
     * the descriptor, the array, the offset, the length and flags.
     */
    private static MethodHandle findTransfer(String function) {
        return orNull(() -> {
            Class<?> segment = Class.forName(FOREIGN + "MemorySegment");
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle ofArray = lookup.findStatic(segment, "ofArray", MethodType.methodType(segment, byte[].class));
            MethodHandle asSlice = lookup.findVirtual(segment, "asSlice", MethodType.methodType(segment, long.class));
            MethodHandle call = link(function, true, long.class, int.class, segment, long.class, int.class);
            return MethodHandles.collectArguments(call, 1, MethodHandles.filterArguments(asSlice, 0, ofArray));
        });
    }

    private interface Search {
        MethodHandle find() throws ReflectiveOperationException;
    }

    private static MethodHandle orNull(Search search) {
        if (Runtime.version().feature() < FIRST_JDK) {
            return null;
        }
        try {
            return search.find();
        } catch (ReflectiveOperationException | RuntimeException notAllowed) {
            return null;
        }
    }

    /** @param onHeap whether the function never waits, and may therefore be given memory on the heap */
    private static MethodHandle link(String function, boolean onHeap, Class<?> result, Class<?>... arguments)
            throws ReflectiveOperationException {
        Class<?> linkers = Class.forName(FOREIGN + "Linker");
        Class<?> option = Class.forName(FOREIGN + "Linker$Option");
        Class<?> descriptor = Class.forName(FOREIGN + "FunctionDescriptor");
        Object options = Array.newInstance(option, onHeap ? 1 : 0);
        if (onHeap) {
            Array.set(options, 0, option.getMethod("critical", boolean.class).invoke(null, true));
        }
        Object layouts = Array.newInstance(Class.forName(FOREIGN + "MemoryLayout"), arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            Array.set(layouts, i, layout(arguments[i]));
        }
        Object signature = descriptor
                .getMethod("of", Class.forName(FOREIGN + "MemoryLayout"), layouts.getClass())
                .invoke(null, layout(result), layouts);
        Object linker = linkers.getMethod("nativeLinker").invoke(null);
        Object address = address(linkers.getMethod("defaultLookup").invoke(linker), function);
        return (MethodHandle) linkers.getMethod(
                        "downcallHandle", Class.forName(FOREIGN + "MemorySegment"), descriptor, options.getClass())
                .invoke(linker, address, signature, options);
    }

    private static Object address(Object lookup, String function) throws ReflectiveOperationException {
        Object found = Class.forName(FOREIGN + "SymbolLookup")
                .getMethod("find", String.class)
                .invoke(lookup, function);
        return ((Optional<?>) found).orElseThrow(() -> new NoSuchMethodException(function));
    }

    private static Object layout(Class<?> type) throws ReflectiveOperationException {
        String name = type == long.class ? "JAVA_LONG" : type == int.class ? "JAVA_INT" : "ADDRESS";
        return Class.forName(FOREIGN + "ValueLayout").getField(name).get(null);
    }
}
