package io.github.smtpproxy.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.testing.SetClock;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryStoreTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final SetClock clock = new SetClock();
    private final MemoryStore store = MemoryStore.ofAtMost(100, clock::nanos);

    @Test
    void a_value_is_replaced_only_where_it_is_what_was_expected() {
        assertThat(store.replace("k", Optional.of("x"), "a", HOUR)).isFalse();
        assertThat(store.get("k")).isEmpty();
        assertThat(store.replace("k", Optional.empty(), "a", HOUR)).isTrue();
        assertThat(store.replace("k", Optional.empty(), "b", HOUR)).isFalse();
        assertThat(store.replace("k", Optional.of("a"), "b", HOUR)).isTrue();
        assertThat(store.get("k")).contains("b");
    }

    @Test
    void a_value_is_gone_when_its_lifetime_is_over_however_often_it_was_read() {
        store.replace("k", Optional.empty(), "a", HOUR);
        clock.pass(Duration.ofMinutes(59));
        assertThat(store.get("k")).contains("a");
        clock.pass(Duration.ofMinutes(1));
        assertThat(store.get("k")).isEmpty();
        assertThat(store.replace("k", Optional.empty(), "b", HOUR)).isTrue();
    }

    @Test
    void of_two_who_count_none_is_lost() {
        IntStream.range(0, 10_000).parallel().forEach(i -> {
            Optional<String> before;
            int n;
            do {
                before = store.get("n");
                n = before.map(Integer::parseInt).orElse(0) + 1;
            } while (!store.replace("n", before, Integer.toString(n), HOUR));
        });
        assertThat(store.get("n")).contains("10000");
    }

    @Test
    void it_keeps_no_more_than_its_bound() {
        Entries entries = new Entries(100, clock::nanos);
        IntStream.range(0, 100_000).forEach(i -> entries.replace("k" + i, Optional.empty(), "v", HOUR));
        assertThat(entries.size()).isLessThanOrEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 10_000_001})
    void a_bound_out_of_range_is_an_error(int entries) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemoryStore.ofAtMost(entries))
                .withMessageContaining("" + entries);
    }
}
