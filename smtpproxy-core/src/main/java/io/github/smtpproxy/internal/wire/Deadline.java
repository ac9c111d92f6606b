package io.github.smtpproxy.internal.wire;

import java.time.Duration;

/** Ends what a socket waits for when its time is over. Armed and disarmed by the thread that waits. */
public interface Deadline extends AutoCloseable {

    /** The wait that begins now ends after this long. */
    void arm(Duration timeout);

    /** Nothing is waited for. */
    void disarm();

    /** Whether a wait was ended; the socket's input is then at its end for good. */
    boolean expired();

    /** Forgets the socket. */
    @Override
    void close();
}
