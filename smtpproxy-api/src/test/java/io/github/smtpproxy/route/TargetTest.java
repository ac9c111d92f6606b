package io.github.smtpproxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class TargetTest {

    private static final Destination ONE = Destination.at("one.test", 25);
    private static final Destination TWO = Destination.at("two.test", 25);

    @Test
    void a_destination_is_a_target_of_its_own() {
        assertThat(ONE.destinations()).containsExactly(ONE);
    }

    @Test
    void a_group_keeps_its_order() {
        assertThat(DestinationGroup.of(TWO, ONE).destinations()).containsExactly(TWO, ONE);
        assertThat(DestinationGroup.of(TWO, ONE)).hasToString("[two.test:25, one.test:25]");
    }

    @Test
    void groups_are_equal_if_their_destinations_are_in_order() {
        assertThat(DestinationGroup.of(ONE, TWO))
                .isEqualTo(DestinationGroup.of(List.of(ONE, TWO)))
                .hasSameHashCodeAs(DestinationGroup.of(List.of(ONE, TWO)))
                .isNotEqualTo(DestinationGroup.of(TWO, ONE));
    }

    @Test
    void an_empty_group_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(DestinationGroup::of)
                .withMessage("group must have at least one destination, had none");
    }

    @Test
    void a_destination_twice_in_a_group_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DestinationGroup.of(ONE, TWO, Destination.at("one.test", 25)))
                .withMessageContaining("each destination once");
    }

    @Test
    void null_in_a_group_is_refused() {
        assertThatNullPointerException()
                .isThrownBy(() -> DestinationGroup.of(Arrays.asList(ONE, null)))
                .withMessage("destination");
    }

    @Test
    void destinations_are_equal_if_all_settings_are() {
        Destination other = Destination.at("one.test", 25)
                .startTls(StartTls.VERIFIED)
                .credentials("u", "p")
                .announce(ClientAnnouncement.XCLIENT)
                .helloName(HelloName.own());
        assertThat(other)
                .isNotEqualTo(ONE)
                .isEqualTo(Destination.at("one.test", 25)
                        .helloName(HelloName.own())
                        .announce(ClientAnnouncement.XCLIENT)
                        .credentials("u", "p")
                        .startTls(StartTls.VERIFIED));
    }

    @Test
    void tls_is_what_was_set_last() {
        Destination required = ONE.implicitTls().startTls(StartTls.REQUIRED);
        assertThat(required.hasImplicitTls()).isFalse();
        assertThat(required.startTls()).contains(StartTls.REQUIRED);
        assertThat(required.requiresTls()).isTrue();
        assertThat(required.verifies()).isFalse();
        assertThat(required.plaintext().usesTls()).isFalse();
        assertThat(ONE.startTls(StartTls.OPPORTUNISTIC).requiresTls()).isFalse();
        assertThat(ONE.implicitTls().verifies()).isTrue();
        assertThat(ONE.implicitTls().startTls()).isEmpty();
    }

    @Test
    void trust_without_a_certificate_to_check_is_refused() throws NoSuchAlgorithmException {
        SSLContext any = SSLContext.getDefault();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ONE.startTls(StartTls.REQUIRED).trust(any))
                .withMessageContaining("trust of one.test:25");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ONE.implicitTls().trust(any).plaintext());
    }

    @Test
    void a_port_out_of_range_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Destination.at("one.test", 99999))
                .withMessage("port must be between 1 and 65535, was 99999");
    }
}
