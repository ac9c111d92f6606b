package io.github.smtpproxy.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

    @Test
    void go_grants_all_at_once() {
        assertThat(Pace.go().delay()).isZero();
        assertThat(Pace.go().octets()).isEmpty();
        assertThat(Pace.go().refusal()).isEmpty();
    }

    @Test
    void a_grant_has_its_octets_and_its_delay() {
        Pace pace = Pace.grant(5, Duration.ofSeconds(2));
        assertThat(pace.octets()).hasValue(5);
        assertThat(pace.delay()).isEqualTo(Duration.ofSeconds(2));
        assertThat(Pace.grant(5).delay()).isZero();
    }

    @Test
    void a_grant_of_nothing_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pace.grant(0))
                .withMessage("octets must be at least 1, was 0");
    }

    @Test
    void a_refusal_that_is_none_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pace.refuse(Reply.of(250, "Ok")))
                .withMessage("refusal must be 4xx or 5xx, was 250 Ok");
    }
}
