package io.github.smtpproxy.internal.transport.linux;

import java.net.SocketException;

/** Linux's error numbers as far as sockets need them, {@code asm-generic/errno.h}. A failed call gives them negated. */
public final class Errno {

    /** Interrupted system call. */
    public static final int EINTR = 4;
    /** Out of memory. */
    public static final int ENOMEM = 12;
    /** Broken pipe: the peer or we have closed that direction. */
    public static final int EPIPE = 32;
    /** Connection reset by peer. */
    public static final int ECONNRESET = 104;
    /** No buffer space; of an io_uring: none of its receive buffers is free. */
    public static final int ENOBUFS = 105;
    /** Connection timed out: the peer no longer acknowledges. */
    public static final int ETIMEDOUT = 110;
    /** Operation cancelled. */
    public static final int ECANCELED = 125;

    private Errno() {}

    /** Whether a negative result does not concern the socket, so that the operation is to be tried again. */
    public static boolean isTransient(int result) {
        return result == -EINTR || result == -ENOBUFS || result == -ECANCELED;
    }

    /** The exception for an error number. */
    public static SocketException exception(int errno) {
        return new SocketException(
                switch (errno) {
                    case EPIPE -> "Broken pipe";
                    case ECONNRESET -> "Connection reset";
                    case ENOMEM -> "no memory for what was received";
                    case ETIMEDOUT -> "Connection timed out";
                    default -> "network error " + errno;
                });
    }
}
