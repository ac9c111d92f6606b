package io.github.smtpproxy.internal.transport.linux;

import java.net.SocketException;

/** What the kernel's error numbers mean for a socket, {@code errno(3)} on Linux. */
public final class Errno {

    private static final int INTERRUPTED = 4;
    public static final int NO_MEMORY = 12;
    private static final int BROKEN_PIPE = 32;
    private static final int CONNECTION_RESET = 104;
    private static final int NO_BUFFERS = 105;
    private static final int TIMED_OUT = 110;
    private static final int CANCELLED = 125;

    private Errno() {}

    /** Whether a result below 0 says nothing of the socket: it is to be asked again. */
    public static boolean isPassing(int result) {
        return result == -INTERRUPTED || result == -NO_BUFFERS || result == -CANCELLED;
    }

    public static SocketException of(int error) {
        return new SocketException(
                switch (error) {
                    case BROKEN_PIPE -> "Broken pipe";
                    case CONNECTION_RESET -> "Connection reset";
                    case NO_MEMORY -> "no memory for what was received";
                    case TIMED_OUT -> "Connection timed out";
                    default -> "error " + error + " of the network";
                });
    }
}
