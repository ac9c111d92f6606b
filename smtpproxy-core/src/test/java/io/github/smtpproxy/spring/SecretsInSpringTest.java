package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.CapturedLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

/** A destination's password is seen by the destination alone. */
class SecretsInSpringTest {

    private final Application application = new Application();

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    private static Object shown(SanitizingFunction function, String key) {
        return function.apply(new SanitizableData(null, key, "secret")).getValue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "smtpproxy.destinations.first.password",
                "smtpproxy.destinations.[a.b].password",
                "smtpproxy.destinations[mx.a].password",
                "smtpproxy.destinations[mx.a][password]",
                "smtp-proxy.destinations.a.password",
                "smtpproxy.destinations.a.pass-word",
                "smtpProxy.destinations.a.passWord",
                "smtp_proxy.destinations.a.pass_word",
                "SMTPPROXY_DESTINATIONS_FIRST_PASSWORD",
                "SMTPPROXY_DESTINATIONS_MX_A_PASSWORD"
            })
    void the_actuator_hides_it(String key) {
        SanitizingFunction function = new SmtpProxyActuatorAutoConfiguration().smtpproxySanitizingFunction();

        assertThat(shown(function, key)).isEqualTo("******");
        assertThat(shown(function, key.replaceFirst("(?i)pass.?word", "host"))).isEqualTo("secret");
    }

    @Test
    void no_log_and_no_text_has_it() {
        try (CapturedLog log = new CapturedLog()) {
            application
                    .relaying()
                    .withPropertyValues(
                            "smtpproxy.destinations.first.username=joe",
                            "smtpproxy.destinations.first.password=opensesame")
                    .run(context -> {
                        assertThat(context).hasSingleBean(SanitizingFunction.class);
                        assertThat(context.getBean(SmtpProxyProperties.class).toString()
                                        + context.getBean(ConfiguredProxy.class))
                                .contains("127.0.0.1")
                                .doesNotContain("opensesame");
                    });
            assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("opensesame"));
        }
    }
}
