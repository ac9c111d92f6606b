package io.github.smtpproxy.internal.wire;

import java.time.Duration;

/** Ends what a socket waits for when its time is over. Armed and disarmed by the thread that waits. */
public interface Deadline extends AutoCloseable {

    /** The wait that begins now ends after this long. */
    void arm(Duration timeout);

    /** Nothing is waited for. */
    void disarm();

    /** Whether a wait was ended. A read then throws {@link java.net.SocketTimeoutException}, this one and all others. */
    boolean expired();

    /** Ends the wait of this moment, or else the next one, as if it were overdue. Any thread. */
    void expire();

    /** Forgets the socket. */
    @Override
    void close();
}
