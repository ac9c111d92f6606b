package io.github.smtpproxy.metrics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The values of one tag. Routers and filters may name things without end, and each value is a meter that is never given up:
 * so beyond the first ones all have the same value. Any thread.
 */
final class BoundedValues {

    /** What all others are. */
    static final String OTHER = "other";

    private static final int MOST = 100;

    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /** The value, or {@link #OTHER}. */
    String of(String value) {
        if (known.contains(value)) {
            return value;
        }
        // a few more where several threads come here at once
        return known.size() < MOST && known.add(value) ? value : OTHER;
    }
}
