package io.github.smtpproxy.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "500/min | 500 | PT1M | 500",
                "500/min, burst 50 | 500 | PT1M | 50",
                "300/min,burst=50 | 300 | PT1M | 50",
                "5/s | 5 | PT1S | 5",
                "10/5m | 10 | PT5M | 10",
                "1/h | 1 | PT1H | 1",
                "100/2d, burst 3 | 100 | PT48H | 3",
                "7/second | 7 | PT1S | 7"
            })
    void a_rate_is_read_as_people_write_it(String text, long amount, Duration per, long burst) {
        assertThat(Rate.parse(text)).isEqualTo(new Rate(amount, per, burst));
    }

    @ParameterizedTest
    @ValueSource(strings = {"500/min", "500/min, burst 50", "10/300s", "1/h", "3/d, burst 9"})
    void a_rate_is_written_as_it_is_read(String text) {
        assertThat(Rate.parse(text)).hasToString(text);
        assertThat(Rate.parse(Rate.parse(text).toString())).isEqualTo(Rate.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "500",
                "/min",
                "0/min",
                "-1/min",
                "5/week",
                "5/min burst 3",
                "5/min, burst 0",
                "5/0s",
                "x/min"
            })
    void anything_else_is_refused_with_an_example(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.parse(text))
                .withMessageContaining("500/min, burst 50")
                .withMessageContaining("'" + text + "'");
    }

    @Test
    void numbers_out_of_range_are_named() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.of(1, Duration.ofMinutes(1)).withBurst(0))
                .withMessageContaining("burst must be between 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.parse("5/999999999d"))
                .withMessageContaining("at most 366 days");
    }
}
