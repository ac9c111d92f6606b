package io.github.smtpproxy.internal.wire;

import java.time.Duration;

/**
 * Limits how long a socket's reads and writes may take. There is one for each socket. {@link #arm} and {@link #disarm} are
 * called by the thread that reads and writes.
 */
public interface Deadline extends AutoCloseable {

    /** Starts the clock: a read or write that is still waiting after this long fails. */
    void arm(Duration timeout);

    /** Stops the clock. */
    void disarm();

    /**
     * Whether the clock ran out or {@link #expire} was called. From then on every read and write fails, reads with
     * {@link java.net.SocketTimeoutException}.
     */
    boolean expired();

    /** Lets the clock run out now, or as soon as it is armed. Any thread. */
    void expire();

    /** Ends the watch over the socket. */
    @Override
    void close();
}
