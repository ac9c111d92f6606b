package io.github.smtpproxy.internal.transport.loop;

/** Nanoseconds since the first use: never negative, so that they are compared as numbers are. */
final class Clock {

    /** Later than all time. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long START = System.nanoTime();

    private Clock() {}

    static long now() {
        return System.nanoTime() - START;
    }
}
