package io.github.smtpproxy.state.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {

    @ParameterizedTest
    @CsvSource({
        "redis://redis.test, redis://redis.test:6379/0",
        "redis://redis.test:1/, redis://redis.test:1/0",
        "redis://:s3cret@redis.test/15, redis://redis.test:6379/15",
        "rediss://user:s3cret@[::1]:65535, rediss://[::1]:65535/0",
    })
    void as_text_it_has_all_but_the_password(String uri, String text) {
        assertThat(RedisAddress.parse(uri)).hasToString(text);
        assertThat(RedisState.at(uri)).hasToString("RedisState[" + text + ", prefix smtpproxy:]");
    }

    @Test
    void special_characters_are_written_with_two_digits() {
        RedisAddress address = RedisAddress.parse("redis://us%2Der:a%40b%3A%2F%25@x");
        assertThat(address.user()).contains("us-er");
        assertThat(address.password()).contains("a@b:/%");
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis://s3cret@x", "redis://:s3cret@x"})
    void a_password_needs_no_user(String uri) {
        assertThat(RedisAddress.parse(uri).password()).contains("s3cret");
        assertThat(RedisAddress.parse(uri).user()).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "s3cret",
                "http://:s3cret@x",
                "redis:s3cret",
                "redis://:s3cret@x:0",
                "redis://:s3cret@x:65536",
                "redis://:s3cret@x/a",
                "redis://:s3cret@x/0?a=b",
                "redis://:s3cret@x#a",
                "redis://:s3cret@a@x",
                "redis://:s3cret %@x",
                "redis://",
                "redis-sentinel://:s3cret@x"
            })
    void what_is_none_is_an_error_that_does_not_show_it(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisAddress.parse(uri))
                .withMessageStartingWith("uri must be like redis://")
                .withNoCause()
                .matches(e -> !e.getMessage().contains("s3cret"));
    }
}
