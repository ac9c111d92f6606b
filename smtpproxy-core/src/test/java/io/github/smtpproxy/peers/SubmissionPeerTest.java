package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.NothingLeft;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Real clients send over STARTTLS and AUTH into a real Postfix, which takes mail only from those who log in at it. */
@Tag("servers")
class SubmissionPeerTest {

    private static final String PASSWORD = "open sesame";

    private static PostfixServer postfix;

    private final NothingLeft ending = new NothingLeft();

    /** Where a client logs in, and with whose name the mail comes to Postfix. */
    private enum Way {
        RELAYED("alice", "535 5.7.8 Error: authentication failed") {
            @Override
            Endpoint endpoint() {
                return ENCRYPTED;
            }

            @Override
            Destination destination() {
                return postfixOverTls();
            }
        },
        ENDED("proxy", "535 5.7.8 Authentication credentials invalid") {
            @Override
            Endpoint endpoint() {
                return ENCRYPTED.authenticate(USERS);
            }

            @Override
            Destination destination() {
                return postfixOverTls().credentials("proxy", "of the proxy alone");
            }
        };

        final String sender;
        final String refusal;

        Way(String sender, String refusal) {
            this.sender = sender;
            this.refusal = refusal;
        }

        abstract Endpoint endpoint();

        abstract Destination destination();
    }

    private static final Endpoint ENCRYPTED =
            Endpoint.at("127.0.0.1", 0).hostname("proxy.test").requireStartTls(Certificate.LOCAL.shown());

    private static final Authenticator USERS = new Authenticator() {
        private final ScramSecret secret = ScramSecret.of(PASSWORD);

        @Override
        public boolean accepts(String user, String password) {
            return user.equals("alice") && password.equals(PASSWORD);
        }

        @Override
        public Optional<ScramSecret> scram(String user) {
            return user.equals("alice") ? Optional.of(secret) : Optional.empty();
        }

        @Override
        public List<String> mechanisms() {
            return List.of("SCRAM-SHA-256", "PLAIN", "LOGIN");
        }
    };

    private static Destination postfixOverTls() {
        return postfix.destination().startTls(StartTls.VERIFIED).trust(Certificate.LOCAL.trusted());
    }

    @BeforeAll
    static void start() {
        postfix = PostfixServer.startForUsers(Map.of("alice", PASSWORD, "proxy", "of the proxy alone"));
    }

    @AfterAll
    static void stop() {
        if (postfix != null) {
            postfix.close();
        }
    }

    @AfterEach
    void nothing_is_left() {
        ending.close();
    }

    static Stream<Arguments> clients() {
        return Arrays.stream(MailClient.values())
                .flatMap(c -> Arrays.stream(Way.values()).map(w -> Arguments.of(c, w)));
    }

    private Peer.Run send(MailClient client, Way way, String password) {
        client.require();
        SmtpProxy proxy =
                ending.start(SmtpProxy.builder().listen(way.endpoint()).router(Router.to(way.destination())));
        int port = proxy.address().getPort();
        return client.send(new MailClient.Submission(port, "alice", password, "bob@dest.test"));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void mail_of_one_who_logs_in_arrives(MailClient client, Way way) {
        Peer.Run run = send(client, way, PASSWORD);
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(postfix.mailOf("bob"))
                .contains(" by proxy.test with ESMTPSA id ")
                .contains("(Authenticated sender: " + way.sender + "@dest.test)")
                .contains("\n.a line with a dot\n");
    }

    @ParameterizedTest
    @MethodSource("clients")
    void a_wrong_password_is_refused_in_the_words_of_the_one_who_checks_it(MailClient client, Way way) {
        Peer.Run run = send(client, way, "open barley");
        assertThat(run.status()).as(run.output()).isNotZero();
        assertThat(run.output()).contains(way.refusal);
    }
}
