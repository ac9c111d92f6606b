package io.github.smtpproxy.state.redis;

import io.github.smtpproxy.state.Store;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A store that proxies share in Redis; while it is away, each has its own. */
final class RedisStore implements Store {

    private static final Script REPLACE = Script.of(ScriptOutputType.BOOLEAN, """
            local there = redis.call('GET', KEYS[1])
            local expected = ARGV[3] or false
            if there ~= expected then
              return 0
            end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """);

    private final Redis redis;
    private final String prefix;
    private final Store local;

    RedisStore(Redis redis, String prefix, Store local) {
        this.redis = redis;
        this.prefix = prefix;
        this.local = local;
    }

    @Override
    public Optional<String> get(String key) {
        Objects.requireNonNull(key, "key");
        return redis.ask(to -> to.get(prefix + key).toCompletableFuture().thenApply(Optional::ofNullable))
                .orElseGet(() -> local.get(key));
    }

    @Override
    public boolean replace(String key, Optional<String> expected, String value, Duration lifetime) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(lifetime, "lifetime");
        if (lifetime.isNegative() || lifetime.isZero()) {
            throw new IllegalArgumentException("lifetime must be more than 0, was " + lifetime);
        }
        String millis = Long.toString(Math.max(1, lifetime.toMillis()));
        String[] arguments = expected.map(e -> new String[] {value, millis, e}).orElse(new String[] {value, millis});
        return redis.<Boolean>ask(to -> REPLACE.run(to, List.of(prefix + key), arguments))
                .orElseGet(() -> local.replace(key, expected, value, lifetime));
    }
}
