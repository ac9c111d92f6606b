package io.github.smtpproxy.internal.transport.loop;

/** Nanoseconds since the first use. They are never negative, so they can be compared as numbers. */
final class Clock {

    /** Later than any time. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long START = System.nanoTime();

    private Clock() {}

    static long now() {
        return System.nanoTime() - START;
    }
}
