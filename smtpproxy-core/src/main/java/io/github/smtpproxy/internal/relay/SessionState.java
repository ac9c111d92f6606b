package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The session as filters see it. */
final class SessionState implements Session {

    private final String id;
    private final InetSocketAddress remoteAddress;
    private final InetSocketAddress localAddress;
    private final Map<Key<?>, Object> attributes = new HashMap<>();
    private Optional<Hello> hello = Optional.empty();

    SessionState(String id, InetSocketAddress remoteAddress, InetSocketAddress localAddress) {
        this.id = id;
        this.remoteAddress = remoteAddress;
        this.localAddress = localAddress;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    @Override
    public Optional<Hello> hello() {
        return hello;
    }

    void hello(Hello accepted) {
        hello = Optional.of(accepted);
    }

    @Override
    public <T> Optional<T> attribute(Key<T> key) {
        return Optional.ofNullable(attributes.get(key)).map(key.type()::cast);
    }

    @Override
    public <T> void attribute(Key<T> key, T value) {
        attributes.put(key, key.type().cast(value));
    }
}
