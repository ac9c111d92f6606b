package io.github.smtpproxy.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.state.Limits.Taken;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.Rate;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryLimitsTest {

    private static final Rate TWO_A_MINUTE = Rate.parse("2/min");

    private final SetClock clock = new SetClock();
    private final MemoryLimits limits = MemoryLimits.ofAtMost(100, clock::nanos);

    @Test
    void a_rate_grants_its_burst_and_tells_when_the_next_one_comes() {
        assertThat(limits.take("k", TWO_A_MINUTE, 1)).isEqualTo(new Taken(true, 1, Duration.ZERO));
        assertThat(limits.take("k", TWO_A_MINUTE, 1)).isEqualTo(new Taken(true, 0, Duration.ZERO));
        assertThat(limits.take("k", TWO_A_MINUTE, 1)).isEqualTo(new Taken(false, 0, Duration.ofSeconds(30)));
        clock.pass(Duration.ofSeconds(20));
        assertThat(limits.take("k", TWO_A_MINUTE, 1).retryAfter()).isEqualTo(Duration.ofSeconds(10));
        clock.pass(Duration.ofSeconds(10));
        assertThat(limits.take("k", TWO_A_MINUTE, 1).granted()).isTrue();
    }

    @Test
    void several_events_are_taken_together_or_not_at_all() {
        assertThat(limits.take("k", Rate.parse("10/s"), 8).granted()).isTrue();
        assertThat(limits.take("k", Rate.parse("10/s"), 3)).isEqualTo(new Taken(false, 2, Duration.ofMillis(100)));
        assertThat(limits.take("k", Rate.parse("10/s"), 2).granted()).isTrue();
    }

    @Test
    void more_than_the_burst_is_never_granted_and_takes_nothing() {
        Taken taken = limits.take("k", TWO_A_MINUTE, 3);
        assertThat(taken.granted()).isFalse();
        assertThat(taken.remaining()).isEqualTo(2);
        assertThat(taken.retryAfter()).isGreaterThan(Duration.ofDays(366));
        assertThat(limits.size()).isZero();
    }

    @Test
    void keys_do_not_know_each_other() {
        limits.take("a", TWO_A_MINUTE, 2);
        assertThat(limits.take("b", TWO_A_MINUTE, 2).granted()).isTrue();
    }

    @Test
    void the_largest_rate_is_one() {
        Rate largest = new Rate(1_000_000_000_000L, Duration.ofSeconds(1), 1_000_000_000_000L);
        assertThat(limits.take("k", largest, 1_000_000_000_000L).granted()).isTrue();
        Rate slowest = new Rate(1, Duration.ofDays(366), 1_000_000_000_000L);
        assertThat(limits.take("s", slowest, 1_000_000_000_000L).granted()).isTrue();
        assertThat(limits.take("s", slowest, 1).retryAfter()).isEqualTo(Duration.ofDays(366));
    }

    @Test
    void a_key_is_forgotten_when_all_would_be_granted_again() {
        limits.take("k", TWO_A_MINUTE, 1);
        clock.pass(Duration.ofSeconds(29));
        assertThat(limits.size()).isEqualTo(1);
        clock.pass(Duration.ofSeconds(3)); // the table looks about once a second
        assertThat(limits.size()).isZero();
    }

    @Test
    void of_many_who_take_at_the_same_time_no_more_get_it_than_there_are() {
        AtomicInteger granted = new AtomicInteger();
        IntStream.range(0, 10_000).parallel().forEach(i -> {
            if (limits.take("k", Rate.parse("500/min"), 1).granted()) {
                granted.incrementAndGet();
            }
        });
        assertThat(granted).hasValue(500);
    }

    @Test
    void a_million_keys_take_less_than_a_kibibyte_each_and_more_are_forgotten() {
        int million = 1_000_000;
        long before = usedAfterCollection();
        MemoryLimits large = MemoryLimits.ofAtMost(million, clock::nanos);
        for (int i = 0; i < million; i++) {
            large.take("client:messages=500/min, burst 50:2001:db8:0:" + i, Rate.parse("500/min, burst 50"), 1);
        }
        long each = (usedAfterCollection() - before) / million;
        assertThat(large.size()).isGreaterThan(million * 9 / 10);
        assertThat(each).as("octets of memory for each key").isLessThanOrEqualTo(1024);
        for (int i = 0; i < million / 10; i++) {
            large.take("another:" + i, TWO_A_MINUTE, 1);
        }
        assertThat(large.size()).isLessThanOrEqualTo(million);
        Reference.reachabilityFence(large);
    }

    private static long usedAfterCollection() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void so_many_hold_a_place_until_one_leaves() {
        assertThat(limits.enter("k", "a", 2)).isTrue();
        assertThat(limits.enter("k", "b", 2)).isTrue();
        assertThat(limits.enter("k", "c", 2)).isFalse();
        assertThat(limits.enter("other", "c", 2)).isTrue();
        limits.leave("k", "a");
        assertThat(limits.enter("k", "c", 2)).isTrue();
    }

    @Test
    void a_holder_counts_once() {
        assertThat(limits.enter("k", "a", 1)).isTrue();
        assertThat(limits.enter("k", "a", 1)).isTrue();
        limits.leave("k", "a");
        limits.leave("k", "a");
        assertThat(limits.enter("k", "b", 1)).isTrue();
    }

    @Test
    void a_key_without_holders_is_forgotten() {
        limits.enter("k", "a", 2);
        limits.enter("k", "b", 2);
        limits.leave("k", "a");
        assertThat(limits.size()).isEqualTo(1);
        limits.leave("k", "b");
        assertThat(limits.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 10_000_001})
    void a_bound_out_of_range_is_an_error(int keys) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemoryLimits.ofAtMost(keys))
                .withMessage("keys must be between 1 and 10000000, was " + keys);
    }

    @Test
    void none_of_something_is_an_error() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.take("k", TWO_A_MINUTE, 0))
                .withMessage("events must be at least 1, was 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.enter("k", "a", 0))
                .withMessage("most must be at least 1, was 0");
    }
}
