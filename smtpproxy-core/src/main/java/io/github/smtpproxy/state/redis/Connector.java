package io.github.smtpproxy.state.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Opens connections that are good for use. A connection that breaks stays broken, and refuses commands. */
final class Connector implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Fails where scripts or writing are not allowed. */
    private static final Script PROBE =
            Script.of(ScriptOutputType.STATUS, "return redis.call('SET', KEYS[1], '1', 'PX', 1000)");

    private final RedisClient client;
    private final List<String> probed;
    private final Duration timeout;

    Connector(RedisAddress address, String prefix, Duration timeout) {
        this.client = RedisClient.create(uri(address));
        this.probed = List.of(prefix + "probe");
        this.timeout = timeout;
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(SocketOptions.builder().connectTimeout(PATIENCE).build())
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .build());
    }

    private static RedisURI uri(RedisAddress address) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(address.host())
                .withPort(address.port())
                .withSsl(address.tls())
                .withDatabase(address.database())
                .withTimeout(PATIENCE);
        address.password()
                .ifPresent(password -> address.user()
                        .ifPresentOrElse(
                                user -> uri.withAuthentication(user, password),
                                () -> uri.withPassword(password.toCharArray())));
        return uri.build();
    }

    /**
     * A connection on which a script was run and answered in time; the first run is not measured, since it warms up this
     * JVM.
     *
     * @throws Exception whatever failed
     */
    StatefulRedisConnection<String, String> connect() throws Exception {
        StatefulRedisConnection<String, String> connection = client.connect();
        try {
            for (Duration limit : List.of(PATIENCE, timeout)) {
                PROBE.run(connection.async(), probed).get(limit.toNanos(), TimeUnit.NANOSECONDS);
            }
            return connection;
        } catch (Exception e) {
            connection.closeAsync();
            throw e;
        }
    }

    @Override
    public void close() {
        client.shutdown(0, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
}
