package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.smtpproxy.route.DestinationStatus.State;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When a destination is left out, and how it returns. */
class HealthTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);
    private final Health health = new Health(now::get);

    private void pass(int seconds) {
        now.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            health.failed();
        }
    }

    @Test
    void five_failures_in_a_row_eject_for_thirty_seconds_and_then_one_may_try() {
        fail(4);
        health.succeeded();
        fail(4);
        assertThat(health.state()).isEqualTo(State.UP);
        fail(1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
        pass(29);
        assertThat(health.claim()).isFalse();
        pass(1);
        assertThat(health.isAvailable()).isTrue();
        assertThat(health.claim()).isTrue();
        assertThat(health.claim()).isFalse();
        assertThat(health.isAvailable()).isFalse();
    }

    @Test
    void a_greeting_alone_is_no_success() {
        fail(4);
        health.greeted();
        fail(1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
        pass(30);
        assertThat(health.claim()).isTrue();
        health.greeted();
        assertThat(health.state()).isEqualTo(State.RETURNING);
        fail(1);
        assertThat(health.state()).isEqualTo(State.EJECTED);
        pass(30);
        assertThat(health.isAvailable())
                .as("the second time, for twice as long")
                .isFalse();
    }

    @Test
    void it_returns_slowly() {
        fail(5);
        pass(30);
        assertThat(health.claim()).isTrue();
        health.succeeded();
        assertThat(health.state()).isEqualTo(State.RETURNING);
        assertThat(health.share()).isEqualTo(0.1);
        assertThat(health.claim()).isTrue();
        assertThat(health.claim()).isTrue();
        pass(15);
        assertThat(health.share()).isCloseTo(0.5, within(0.01));
        pass(15);
        assertThat(health.share()).isEqualTo(1);
        assertThat(health.state()).isEqualTo(State.UP);
    }

    @Test
    void each_ejection_is_longer_up_to_five_minutes_until_it_has_been_well_for_a_while() {
        fail(5);
        for (int seconds : new int[] {30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300}) {
            pass(seconds - 1);
            assertThat(health.isAvailable()).isFalse();
            pass(1);
            assertThat(health.claim()).isTrue();
            health.failed();
        }
        pass(300);
        assertThat(health.claim()).isTrue();
        health.succeeded();
        pass(31);
        health.succeeded();
        fail(5);
        pass(30);
        assertThat(health.isAvailable()).isTrue();
    }

    @Test
    void one_that_tries_it_and_never_reports_is_not_waited_for() {
        fail(5);
        pass(30);
        assertThat(health.claim()).isTrue();
        pass(60);
        assertThat(health.claim()).isTrue();
    }
}
