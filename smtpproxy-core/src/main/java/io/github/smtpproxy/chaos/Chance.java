package io.github.smtpproxy.chaos;

import java.util.SplittableRandom;

/**
 * The chance of one fault. What it gives depends on the seed, on which fault it is and on how often the fault has fitted, and
 * not on which session came first.
 */
record Chance(long seed, long fault) {

    /** Between 0 and 1, for the n-th time. */
    double at(long n) {
        return new SplittableRandom(mixed(n)).nextDouble();
    }

    /** Between 0 and 1, for the n-th time, whatever {@link #at} gave. */
    double second(long n) {
        SplittableRandom random = new SplittableRandom(mixed(n));
        random.nextDouble();
        return random.nextDouble();
    }

    /** Neighbours differ in all bits. */
    private long mixed(long n) {
        long perFault = new SplittableRandom(seed ^ Long.rotateLeft(fault, 32)).nextLong();
        return new SplittableRandom(perFault + n).nextLong();
    }
}
