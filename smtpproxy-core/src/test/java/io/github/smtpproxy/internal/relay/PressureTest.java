package io.github.smtpproxy.internal.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.testing.CapturedLog;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When sessions run short. */
class PressureTest {

    private final Network network = PlainNetwork.start();
    private final CapturedLog log = new CapturedLog(Pressure.class);

    @AfterEach
    void close() {
        network.close();
        log.close();
    }

    private Pressure pressure(Optional<Stress> stress) {
        return Pressure.of(stress, new ForeignCode(network), 100);
    }

    @Test
    void it_begins_at_the_share_and_is_over_below_three_quarters_of_it() {
        Pressure pressure = pressure(Optional.of(Stress.defaults()));
        pressure.sessions(89);
        assertThat(pressure.errors(20)).isEqualTo(20);
        pressure.sessions(90);
        assertThat(pressure.errors(20)).isEqualTo(1);
        pressure.sessions(68);
        assertThat(pressure.errors(20)).isEqualTo(1);
        pressure.sessions(67);
        assertThat(pressure.errors(20)).isEqualTo(20);
        assertThat(log.lines())
                .containsExactly(
                        "sessions run short, clients have less time: 90 of 100",
                        "sessions no longer run short: 67 of 100");
    }

    @Test
    void nobody_gets_more_by_it() {
        Pressure pressure = pressure(Optional.of(Stress.defaults().maxErrors(50).clientCommand(Duration.ofMinutes(5))));
        pressure.sessions(100);
        assertThat(pressure.errors(20)).isEqualTo(20);
        assertThat(pressure.forCommand(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void without_the_setting_nothing_changes() {
        Pressure pressure = pressure(Optional.empty());
        pressure.sessions(100);
        assertThat(pressure.errors(20)).isEqualTo(20);
        assertThat(pressure.isNone()).isTrue();
    }

    @Test
    void endpoints_count_for_themselves() {
        Pressure pressure = pressure(Optional.of(Stress.defaults()));
        Pressure other = pressure.at(10);
        pressure.sessions(90);
        assertThat(other.errors(20)).isEqualTo(20);
        other.sessions(9);
        assertThat(other.errors(20)).isEqualTo(1);
    }
}
