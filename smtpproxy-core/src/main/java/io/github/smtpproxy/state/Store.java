package io.github.smtpproxy.state;

import java.time.Duration;
import java.util.Optional;

/**
 * Values by key, each with a lifetime. Several proxies may share one: what is read and written in two steps is safe by
 * {@link #replace}, which does nothing where another was faster. Thread-safe.
 *
 * <p>Methods throw {@link RuntimeException} where the store cannot be asked; those who use it say what happens then.
 */
public interface Store {

    /** The value of a key, unless its lifetime is over. */
    Optional<String> get(String key);

    /**
     * Sets a value, if the key has the value that was expected.
     *
     * @param key 300 characters at most
     * @param expected empty where there must be none
     * @param value 100 characters at most
     * @param lifetime more than 0, from now
     * @return whether it was set
     */
    boolean replace(String key, Optional<String> expected, String value, Duration lifetime);
}
