package io.github.smtpproxy.state.redis;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisStateTest {

    private final RedisState state = RedisState.at("redis://redis.test");

    @Test
    void after_its_end_nothing_is_opened() {
        state.close();
        assertThatIllegalStateException()
                .isThrownBy(state::store)
                .withMessage("the state in redis://redis.test:6379/0 is closed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT5.001S"})
    void a_timeout_out_of_range_is_an_error(Duration timeout) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.timeout(timeout))
                .withMessageStartingWith("timeout must be ")
                .withMessageEndingWith("was " + timeout);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.999S", "PT1H0.001S"})
    void a_lease_out_of_range_is_an_error(Duration lease) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.lease(lease))
                .withMessageStartingWith("lease must be ")
                .withMessageEndingWith("was " + lease);
    }

    @Test
    void a_prefix_that_is_too_long_is_an_error() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.prefix("x".repeat(101)))
                .withMessage("prefix must have at most 100 characters, had 101");
    }
}
