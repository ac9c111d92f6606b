package io.github.smtpproxy.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.SetClock;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** How long a client has, by a minimum rate of 500 octets a second and 30 seconds that it may be behind. */
class ProgressTest {

    private static final Duration BEHIND = Duration.ofSeconds(30);

    private final SetClock clock = new SetClock();
    private final Progress progress = new Progress(BEHIND, OptionalLong.of(500), Duration.ofDays(1), clock::nanos);
    private long octets;

    private void waitsFor(Duration time, long more) {
        progress.timeLeft();
        clock.pass(time);
        octets += more;
        progress.reached(octets);
    }

    @Test
    void an_octet_now_and_then_gains_nothing() {
        waitsFor(Duration.ofSeconds(10), 1);
        waitsFor(Duration.ofSeconds(10), 1);
        assertThat(progress.timeLeft())
                .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(10).plusMillis(5));
        waitsFor(Duration.ofSeconds(11), 1);
        assertThat(progress.timeLeft()).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void one_that_keeps_the_rate_goes_on_for_ever_and_saves_nothing_up() {
        for (int i = 0; i < 1_000; i++) {
            waitsFor(Duration.ofSeconds(10), 5_000);
        }
        waitsFor(Duration.ZERO, 10_000_000);
        assertThat(progress.timeLeft()).isEqualTo(BEHIND);
    }

    @Test
    void what_a_slow_destination_takes_is_not_its_time() {
        waitsFor(Duration.ofSeconds(10), 1);
        clock.pass(Duration.ofMinutes(5));
        assertThat(progress.timeLeft()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(21));
        clock.pass(Duration.ofSeconds(1));
        progress.reached(octets);
        clock.pass(Duration.ofMinutes(5));
        progress.reached(octets + 1);
        assertThat(progress.timeLeft()).isBetween(Duration.ofSeconds(19), Duration.ofSeconds(20));
    }

    @Test
    void a_part_that_begins_gains_nothing() {
        waitsFor(Duration.ofSeconds(20), 1);
        clock.pass(Duration.ofMinutes(5));
        progress.restart(octets);
        assertThat(progress.timeLeft())
                .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(10).plusMillis(5));
    }

    @Test
    void who_is_waited_for_too_long_between_parts_is_behind_and_who_waits_is_not() {
        waitsFor(Duration.ofSeconds(20), 1);
        clock.pass(Duration.ofMinutes(5));
        assertThat(progress.isBehind()).isFalse();
        progress.timeLeft();
        clock.pass(Duration.ofSeconds(11));
        progress.arrived();
        assertThat(progress.isBehind()).isTrue();
    }

    @Test
    void without_a_minimum_rate_each_part_has_its_time() {
        Progress unrated = new Progress(BEHIND, OptionalLong.empty(), Duration.ofDays(1), clock::nanos);
        clock.pass(Duration.ofSeconds(20));
        unrated.restart(1);
        assertThat(unrated.timeLeft()).isEqualTo(BEHIND);
        clock.pass(Duration.ofMinutes(5));
        assertThat(unrated.isBehind()).isFalse();
    }

    @Test
    void the_time_of_a_throttle_is_not_the_clients() {
        Progress unrated = new Progress(BEHIND, OptionalLong.empty(), Duration.ofDays(1), clock::nanos);
        clock.pass(Duration.ofMinutes(5));
        unrated.forgive(Duration.ofMinutes(5).toNanos());
        assertThat(unrated.timeLeft()).isEqualTo(BEHIND);
    }

    @Test
    void all_of_it_has_an_end() {
        Progress brief = new Progress(BEHIND, OptionalLong.of(500), Duration.ofSeconds(5), clock::nanos);
        clock.pass(Duration.ofSeconds(4));
        assertThat(brief.timeLeft()).isEqualTo(Duration.ofSeconds(1));
    }
}
