package io.github.smtpproxy.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What throttles slow goes on in portions of about a second. */
class PortionsTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Portions portions = new Portions();

    @Test
    void what_is_not_slowed_goes_on_as_it_comes() {
        portions.waited(65_536, SECOND / 2);
        assertThat(portions.next()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void what_takes_longer_is_divided() {
        portions.waited(4_096, 4 * SECOND);
        assertThat(portions.next()).isEqualTo(1_024);
        portions.waited(1_024, 2 * SECOND);
        assertThat(portions.next()).isEqualTo(512);
        portions.waited(1, 60 * SECOND);
        assertThat(portions.next()).isEqualTo(1);
    }

    @Test
    void what_is_slowed_no_longer_grows_again_without_an_end() {
        portions.waited(4_096, 4 * SECOND);
        portions.waited(1_000, 0);
        assertThat(portions.next()).isEqualTo(1_024);
        for (int i = 0; i < 40; i++) {
            portions.waited(portions.next(), 0);
        }
        assertThat(portions.next()).isEqualTo(Integer.MAX_VALUE);
    }
}
