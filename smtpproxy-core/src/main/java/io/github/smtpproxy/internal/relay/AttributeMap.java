package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Attributes. Used by one thread. */
final class AttributeMap implements Attributes {

    private final Map<Key<?>, Object> values = new HashMap<>();

    @Override
    public <T> Optional<T> attribute(Key<T> key) {
        Objects.requireNonNull(key, "key");
        return Optional.ofNullable(values.get(key)).map(key.type()::cast);
    }

    @Override
    public <T> void attribute(Key<T> key, T value) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value of an attribute");
        values.put(key, key.type().cast(value));
    }

    void clear() {
        values.clear();
    }
}
