package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.WithoutLibrary;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A proxy without com.ongres.scram on its class path: what needs it fails with the artifact's name, all else works. */
@Timeout(60)
class OptionalScramTest {

    private static final String ARTIFACT = "com.ongres.scram:scram-client";

    private static String without(Class<? extends UnaryOperator<String>> scenario, String argument) {
        return new WithoutLibrary("com.ongres.").apply(scenario, argument);
    }

    /** What happens in a proxy that does not find the library. */
    abstract static class Scenario extends ProxyTest implements UnaryOperator<String> {

        abstract String run(String argument);

        @Override
        public final String apply(String argument) {
            try {
                return run(argument);
            } finally {
                nothing_is_left();
            }
        }

        String relays(Dialogue client) {
            client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250");
            return String.join("", destination.messages());
        }

        SmtpProxyBuilder loggingIn() {
            Credentials credentials = Credentials.password("proxy", "open sesame");
            return proxy(ENDPOINT, Router.to(destination.destination().credentials(credentials)));
        }

        Authenticator offering(String mechanisms) {
            return new Authenticator() {
                @Override
                public boolean accepts(String user, String password) {
                    return false;
                }

                @Override
                public boolean acceptsToken(String user, String token) {
                    return token.equals("t0ken");
                }

                @Override
                public List<String> mechanisms() {
                    return Arrays.asList(mechanisms.split(" "));
                }
            };
        }
    }

    static final class FindsTheLibrary implements UnaryOperator<String> {
        @Override
        public String apply(String type) {
            try {
                return Class.forName(type).getName();
            } catch (ClassNotFoundException hidden) {
                return "nothing";
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "com.ongres.scram.client.ScramClient",
                "com.ongres.scram.common.ScramFunctions",
                "com.ongres.saslprep.SASLprep"
            })
    void it_is_not_found(String type) {
        assertThat(new FindsTheLibrary().apply(type)).isEqualTo(type);
        assertThat(without(FindsTheLibrary.class, type)).isEqualTo("nothing");
    }

    static final class RelaysMail extends Scenario {
        @Override
        String run(String none) {
            return relays(clientOf(proxy()).greets());
        }
    }

    @Test
    void mail_is_relayed() {
        assertThat(without(RelaysMail.class, "")).isEqualTo("hello\r\n");
    }

    static final class LogsIn extends Scenario {
        @Override
        String run(String offered) {
            destination
                    .offers("AUTH " + offered)
                    .on("AUTH")
                    .exchange(() -> line -> line.startsWith("AUTH") ? "334 PDFAZGVzdC50ZXN0Pg==" : "235 2.7.0 Welcome");
            String relayed = relays(clientOf(loggingIn()).greets());
            return destination.heard("AUTH").get(0) + " " + relayed;
        }
    }

    @Test
    void the_proxy_logs_in_by_the_next_mechanism() {
        assertThat(without(LogsIn.class, "SCRAM-SHA-256 CRAM-MD5")).isEqualTo("AUTH CRAM-MD5 hello\r\n");
    }

    static final class HasNoOtherMechanism extends Scenario {
        @Override
        String run(String offered) {
            destination.offers("AUTH " + offered);
            Dialogue client = clientOf(loggingIn()).hears("220").says("EHLO client.test");
            return String.join("\n", client.reply());
        }
    }

    @Test
    void a_login_for_which_no_other_mechanism_is_left_fails_with_the_artifact_in_the_log() {
        try (CapturedLog log = new CapturedLog()) {
            assertThat(without(HasNoOtherMechanism.class, "SCRAM-SHA-256 PLAIN"))
                    .isEqualTo("421 4.7.0 Destination does not admit the proxy");
            assertThat(log.lines()).anySatisfy(line -> assertThat(line).contains("SCRAM-SHA-256", ARTIFACT));
            assertThat(log.traces()).isEmpty();
        }
    }

    static final class OffersLogin extends Scenario {
        @Override
        String run(String mechanisms) {
            Dialogue client =
                    clientOf(proxy(ENDPOINT.plaintextAuthentication(true).authenticate(offering(mechanisms))));
            client.greets()
                    .says("AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0MGtlbgEB")
                    .hears("235");
            return relays(client);
        }
    }

    @Test
    void clients_log_in_by_token() {
        assertThat(without(OffersLogin.class, "XOAUTH2 OAUTHBEARER")).isEqualTo("hello\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN, PLAIN",
        "LOGIN, LOGIN",
        "SCRAM-SHA-256, SCRAM-SHA-256",
        "XOAUTH2 SCRAM-SHA-256 PLAIN, 'SCRAM-SHA-256, PLAIN'"
    })
    void an_endpoint_with_an_authenticator_that_needs_it_cannot_be_built(String mechanisms, String named) {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> without(OffersLogin.class, mechanisms))
                .withMessage("an authenticator that offers " + named + " needs " + ARTIFACT
                        + " on the class path: add it as a dependency");
    }
}
