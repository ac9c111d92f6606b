package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.state.redis.RedisState;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What gateways count and remember together. */
final class StateOptions implements AutoCloseable {

    @Option(
            names = "--redis",
            paramLabel = "URI",
            description =
                    "Hold limits together, and remember for greylisting together, with all gateways that name this "
                            + "Redis server: redis://user:password@host:6379/0, rediss:// for TLS; a part that is not needed may be "
                            + "left out. While it is away each gateway is alone.")
    private String redis;

    private Optional<RedisState> state = Optional.empty();

    /** @throws IllegalArgumentException if it is no address; the message does not show it, since it may hold a password */
    void applyTo(SmtpProxyBuilder proxy) {
        if (redis != null) {
            state = Optional.of(OptionValue.of("--redis", () -> RedisState.at(redis)));
            state.ifPresent(proxy::sharedState);
        }
    }

    /** Whether what says where the server is may hold a password. */
    boolean mayHoldPassword() {
        return redis != null;
    }

    /** After the proxy. */
    @Override
    public void close() {
        state.ifPresent(RedisState::close);
    }
}
