package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
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
    void destinations_without_end_are_forgotten_but_for_those_with_connections() {
        destinations.state(ONE).opened();
        for (int i = 0; i < 3 * Destinations.MAX_UNUSED; i++) {
            destinations.add(Destination.at("mail" + i + ".test", 25));
        }
        assertThat(destinations.all())
                .hasSizeLessThanOrEqualTo(Destinations.MAX_UNUSED)
                .contains(DestinationStatus.of(ONE, 1, true));
    }
}
