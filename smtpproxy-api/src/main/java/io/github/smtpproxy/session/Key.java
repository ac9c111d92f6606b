package io.github.smtpproxy.session;

import java.util.Objects;

/**
 * Names an attribute of a session or transaction, and its type. Two keys are the same only if they are the same object, so that no two
 * authors use the same by accident.
 *
 * @param <T> the type of the attribute
 */
public final class Key<T> {

    private final String name;
    private final Class<T> type;

    private Key(String name, Class<T> type) {
        this.name = name;
        this.type = type;
    }

    /** A new key. */
    public static <T> Key<T> of(String name, Class<T> type) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        return new Key<>(name, type);
    }

    /** What the value of the attribute is. */
    public Class<T> type() {
        return type;
    }

    @Override
    public String toString() {
        return name;
    }
}
