package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

/** A property that cannot be used ends the start, by name, with its value and what is allowed; a password is not shown. */
class WrongPropertiesTest {

    private static final ApplicationContextRunner RELAYING =
            Application.listening().withPropertyValues("smtpproxy.destinations.first.host=127.0.0.1");

    /** What Boot prints: that of the first analyzer that knows the failure. */
    private static FailureAnalysis analysis(ApplicationContextRunner runner) {
        FailureAnalysis[] found = new FailureAnalysis[1];
        runner.run(context -> {
            assertThat(context).hasFailed();
            List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
                    .load(
                            FailureAnalyzer.class,
                            ArgumentResolver.of(Environment.class, new StandardEnvironment())
                                    .and(BeanFactory.class, new DefaultListableBeanFactory()),
                            FailureHandler.handleMessage((message, missing) -> {}));
            found[0] = analyzers.stream()
                    .map(analyzer -> analyzer.analyze(context.getStartupFailure()))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("nobody knows", context.getStartupFailure()));
        });
        return found[0];
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "endpoints.in.port=70000 | 70000 | between 0 and 65535",
                "endpoints.in.port=smtp | smtp | to java.lang.Integer",
                "endpoints.in.address=smtp://x | smtp://x | domain name or an IP address",
                "endpoints.in.hostname=a b | a b | domain name",
                "endpoints.in.max-connections=0 | 0 | between 1 and 1000000",
                "endpoints.in.ssl.mode=required | REQUIRED | set smtpproxy.endpoints.in.ssl.bundle",
                "endpoints.in.ssl.bundle=none | none | must name an SSL bundle of []",
                "destinations.first.host=mail:25 | mail:25 | domain name or an IP address",
                "destinations.first.port=0 | 0 | between 1 and 65535",
                "destinations.first.tls=yes | yes | IMPLICIT",
                "destinations.first.ssl.bundle=web | web | tls to verified or implicit",
                "destinations.first.weight=1001 | 1001 | between 1 and 1000",
                "destinations.first.username=joe | not set | a username needs a password",
                "destinations.listener.host=localhost | a destination | another name",
                "routes.a.destinations=second | second | [first]",
                "routes.a.spares=first | not set | [first]",
                "timeouts.connect=0s | PT0S | above zero and at most 1 day",
                "timeouts.minimum-rate=0 | 0 | between 1 and 1000000000",
                "max-message-size=0B | 0B | at least 1",
                "pool.max=0 | 0 | between 1 and 10000",
                "pool.idle=5s | not set | 1 to 10,000",
                "transport=tcp | tcp | EVENT_LOOPS",
                "shutdown.drain=2d | PT48H | between 0 and 1 day",
            })
    void the_failure_names_the_property_the_value_and_what_is_allowed(String setting, String value, String allowed) {
        FailureAnalysis analysis = analysis(RELAYING.withPropertyValues("smtpproxy." + setting));

        assertThat(analysis.getDescription() + analysis.getAction())
                .contains("smtpproxy." + setting.substring(0, setting.lastIndexOf('.') + 1), value, allowed);
    }

    @Test
    void a_port_that_is_missing_is_asked_for() {
        assertThat(analysis(Application.bare().withPropertyValues("smtpproxy.endpoints.in.address=127.0.0.1"))
                        .getDescription())
                .contains("smtpproxy.endpoints.in.port", "not set", "between 0 and 65535");
    }

    @Test
    void destinations_that_are_missing_are_asked_for() {
        assertThat(analysis(Application.listening()).getDescription())
                .contains("smtpproxy.destinations", "at least one destination");
    }

    @Test
    void a_password_that_cannot_be_used_is_not_shown() {
        FailureAnalysis analysis = analysis(RELAYING.withPropertyValues(
                "smtpproxy.destinations.first.username=joe", "smtpproxy.destinations.first.password=se\u0000cret"));

        assertThat(analysis.getDescription())
                .contains("smtpproxy.destinations.first.password", "not shown", "NUL")
                .doesNotContain("cret");
    }

    @Test
    void a_property_that_does_not_exist_is_named_without_its_value() {
        FailureAnalysis analysis = analysis(RELAYING.withPropertyValues(
                "smtpproxy.destinations.first.username=joe", "smtpproxy.destinations.first.passwort=secret"));

        assertThat(analysis.getDescription() + analysis.getAction())
                .contains("smtpproxy.destinations.first.passwort")
                .doesNotContain("secret");
    }

    @Test
    void a_port_that_is_taken_is_named() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(analysis(RELAYING.withPropertyValues("smtpproxy.endpoints.in.port=" + taken.getLocalPort()))
                            .getDescription())
                    .contains("cannot start", Integer.toString(taken.getLocalPort()));
        }
    }
}
