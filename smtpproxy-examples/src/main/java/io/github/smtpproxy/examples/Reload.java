package io.github.smtpproxy.examples;

import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files that are read again while sessions go on. Filled before the proxy starts. */
final class Reload {

    private static final Logger log = LoggerFactory.getLogger(Reload.class);

    private final Map<String, Runnable> parts = new LinkedHashMap<>();

    /**
     * One more.
     *
     * @param what it is, with the file
     * @param again reads it; where it throws, what was read before stays in use
     */
    void add(String what, Runnable again) {
        parts.put(what, again);
    }

    /** Reads all of them again, also those behind one that cannot be used. */
    synchronized void all() {
        if (parts.isEmpty()) {
            log.info("reload: there is nothing to read again");
        }
        parts.forEach(Reload::one);
    }

    private static void one(String what, Runnable again) {
        try {
            again.run();
            log.info("reload: {} was read again", what);
        } catch (RuntimeException unusable) {
            log.error("reload: {} stays as it was: {}", what, unusable.getMessage());
        }
    }
}
