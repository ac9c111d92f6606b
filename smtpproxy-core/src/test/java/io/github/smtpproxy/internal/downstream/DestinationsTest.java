package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is known of destinations. */
class DestinationsTest {

    private static final Destination ONE = Destination.at("one.test", 25);

    private final Destinations destinations = new Destinations(status -> {});

    @Test
    void connections_are_counted_and_the_last_attempt_counts() {
        destinations.add(ONE);
        assertThat(destinations.all()).containsExactly(DestinationStatus.of(ONE, 0, true));
        DestinationState state = destinations.state(ONE);
        state.opened();
        state.opened();
        state.closed();
        state.notReached();
        assertThat(destinations.all())
                .containsExactly(DestinationStatus.of(ONE, 1, false).counts(0, 1));
    }

    @Test
    void one_that_is_ejected_is_forgotten_once_it_may_be_tried_again() {
        AtomicLong now = new AtomicLong();
        Destinations ejecting = new Destinations(now::get, status -> {});
        DestinationState state = ejecting.state(ONE);
        for (int i = 0; i < 5; i++) {
            state.failed();
        }
        addMany(ejecting, "before");
        assertThat(ejecting.all()).extracting(DestinationStatus::destination).contains(ONE);
        now.addAndGet(Duration.ofSeconds(31).toNanos());
        addMany(ejecting, "after");
        assertThat(ejecting.all()).extracting(DestinationStatus::destination).doesNotContain(ONE);
    }

    private static void addMany(Destinations to, String name) {
        for (int i = 0; i < 3 * Destinations.MAX_UNUSED; i++) {
            to.add(Destination.at(name + i + ".test", 25));
        }
    }

    @Test
    void destinations_without_end_are_forgotten_but_for_those_with_connections() {
        destinations.state(ONE).opened();
        addMany(destinations, "mail");
        assertThat(destinations.all())
                .hasSizeLessThanOrEqualTo(Destinations.MAX_UNUSED)
                .contains(DestinationStatus.of(ONE, 1, true));
    }
}
