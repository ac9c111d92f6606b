package io.github.smtpproxy.route;

import java.nio.charset.StandardCharsets;

/** A hash that is the same in every JVM and every version: FNV-1a, with its bits mixed. */
final class StableHash {

    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;
    private static final double STEPS = 1L << 52;

    private StableHash() {}

    /** Above 0 and below 1, evenly. */
    static double fraction(String... parts) {
        long hash = OFFSET;
        for (String part : parts) {
            for (byte octet : part.getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ octet & 0xFF) * PRIME;
            }
            // an octet that is in no UTF-8 text
            hash = (hash ^ 0xFF) * PRIME;
        }
        return ((mixed(hash) >>> 12) + 0.5) / STEPS;
    }

    private static long mixed(long hash) {
        long mixed = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
