package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.sasl.Answer;
import io.github.smtpproxy.internal.sasl.ServerExchange;
import io.github.smtpproxy.internal.sasl.ServerExchanges;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy logs in at the destination: by the strongest mechanism, before the client's mail goes. */
class OwnLoginTest extends ProxyTest {

    private static final String NOT_ADMITTED = "421 4.7.0 Destination does not admit the proxy";
    private static final ScramSecret SCRAM = ScramSecret.of("open sesame");
    private static final Credentials RIGHT = Credentials.password("proxy", "open sesame");
    private static final Credentials WRONG = Credentials.password("proxy", "wrong");

    private static final Authenticator USERS = new Authenticator() {
        @Override
        public boolean accepts(String user, String password) {
            return user.equals("proxy") && password.equals("open sesame");
        }

        @Override
        public boolean acceptsToken(String user, String token) {
            return user.equals("proxy") && token.startsWith("t0ken");
        }

        @Override
        public Optional<ScramSecret> scram(String user) {
            return user.equals("proxy") ? Optional.of(SCRAM) : Optional.empty();
        }

        @Override
        public List<String> mechanisms() {
            return List.of("SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2");
        }
    };

    /** The server's end of AUTH by our own mechanisms, and CRAM-MD5 by hand. */
    private static final class Server implements UnaryOperator<String> {
        private Optional<ServerExchange> exchange = Optional.empty();
        private boolean cramMd5;

        @Override
        public String apply(String line) {
            if (cramMd5) {
                return digest().equals(decoded(line)) ? "235 2.7.0 Welcome" : "535 5.7.8 No";
            }
            if (exchange.isPresent()) {
                return reply(exchange.get().respond(Base64.getDecoder().decode(line)));
            }
            String[] words = line.split(" ");
            if (words[1].equals("CRAM-MD5")) {
                cramMd5 = true;
                return "334 " + Base64.getEncoder().encodeToString("<1@dest.test>".getBytes(StandardCharsets.US_ASCII));
            }
            exchange = ServerExchanges.open(words[1], USERS);
            Optional<byte[]> initial = words.length < 3
                    ? Optional.empty()
                    : Optional.of(Base64.getDecoder().decode(words[2]));
            return reply(exchange.orElseThrow().start(initial));
        }

        private static String reply(Answer answer) {
            if (answer instanceof Answer.Challenge challenge) {
                return "334 " + Base64.getEncoder().encodeToString(challenge.octets());
            }
            return answer instanceof Answer.Success ? "235 2.7.0 Welcome" : "535 5.7.8 No";
        }

        private static String decoded(String base64) {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.US_ASCII);
        }

        private static String digest() {
            try {
                Mac mac = Mac.getInstance("HmacMD5");
                mac.init(new SecretKeySpec("open sesame".getBytes(StandardCharsets.US_ASCII), "HmacMD5"));
                return "proxy "
                        + HexFormat.of().formatHex(mac.doFinal("<1@dest.test>".getBytes(StandardCharsets.US_ASCII)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private Dialogue client(Credentials credentials, boolean tls, String mechanisms) {
        destination.offers("AUTH " + mechanisms).on("AUTH").exchange(Server::new);
        Destination there = destination.destination().credentials(credentials);
        if (tls) {
            destination.startTls(Certificate.LOCAL.shown());
            there = there.startTls(StartTls.REQUIRED);
        }
        return clientOf(proxy(ENDPOINT, Router.to(there))).hears("220");
    }

    private String mechanism() {
        assertThat(destination.heard("AUTH")).hasSize(1);
        return destination.heard("AUTH").get(0).split(" ")[1];
    }

    private static void sends(Dialogue client) {
        assertThat(client.says("EHLO client.test").reply()).noneMatch(line -> line.contains("AUTH"));
        client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250 2.0.0 Ok");
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256, true, SCRAM-SHA-256",
        "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256, false, SCRAM-SHA-256",
        "PLAIN CRAM-MD5 LOGIN, true, CRAM-MD5",
        "PLAIN CRAM-MD5 LOGIN, false, CRAM-MD5",
        "LOGIN PLAIN, true, PLAIN",
        "LOGIN GSSAPI, true, LOGIN"
    })
    void the_strongest_mechanism_of_a_password_is_taken(String offered, boolean tls, String taken) {
        sends(client(RIGHT, tls, offered));
        assertThat(mechanism()).isEqualTo(taken);
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "250-AUTH GSSAPI, 250-AUTH PLAIN LOGIN, PLAIN",
        "250-AUTH LOGIN, 250-AUTH PLAIN, PLAIN",
        "250-AUTH GSSAPI, 250-AUTH=PLAIN LOGIN, PLAIN",
        "250-DSN, 250-AUTH=LOGIN, LOGIN",
        "250-AUTH=PLAIN, 250-AUTH=CRAM-MD5, CRAM-MD5"
    })
    void mechanisms_of_all_lines_count(String one, String other, String taken) {
        destination.on("AUTH").exchange(Server::new);
        destination.implicitTls(Certificate.LOCAL.shown()).on("EHLO").reply("250-dest.test", one, other, "250 HELP");
        Destination there = destination.destination().implicitTls().trust(Certificate.LOCAL.trusted());
        sends(clientOf(proxy(ENDPOINT, Router.to(there.credentials(RIGHT)))).hears("220"));
        assertThat(mechanism()).isEqualTo(taken);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN XOAUTH2 OAUTHBEARER, XOAUTH2", "OAUTHBEARER PLAIN, OAUTHBEARER"})
    void a_token_is_fetched_for_each_login(String offered, String taken) {
        AtomicInteger fetched = new AtomicInteger();
        sends(client(Credentials.token("proxy", () -> "t0ken" + fetched.incrementAndGet()), true, offered));
        assertThat(mechanism()).isEqualTo(taken);
        assertThat(fetched).hasValue(1);
    }

    @Test
    void a_token_that_does_not_fit_into_a_command_goes_as_a_response() {
        sends(client(Credentials.token("proxy", () -> "t0ken" + "x".repeat(2_500)), true, "XOAUTH2"));
        assertThat(destination.heard("AUTH")).containsExactly("AUTH XOAUTH2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"})
    void a_wrong_password_is_421(String mechanism) {
        client(WRONG, true, mechanism)
                .says("EHLO client.test")
                .hearsLine(NOT_ADMITTED)
                .hearsTheEnd();
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"XOAUTH2", "OAUTHBEARER"})
    void a_wrong_token_is_421(String mechanism) {
        client(Credentials.token("proxy", () -> "wrong"), true, mechanism)
                .says("EHLO client.test")
                .hearsLine(NOT_ADMITTED)
                .hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN LOGIN", "GSSAPI", "XOAUTH2"})
    void a_destination_with_no_mechanism_that_can_be_used_in_plaintext_is_421_and_hears_no_secret(String offered) {
        client(RIGHT, false, offered)
                .says("EHLO client.test")
                .hearsLine(NOT_ADMITTED)
                .hearsTheEnd();
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void a_destination_that_offers_no_login_is_421() {
        Destination there = destination.destination().credentials(RIGHT);
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .hearsLine(NOT_ADMITTED)
                .hearsTheEnd();
    }

    @Test
    void a_supplier_of_tokens_that_leaves_an_interrupt_behind_loses_no_connection() {
        sends(client(
                Credentials.token("proxy", () -> {
                    Thread.currentThread().interrupt();
                    return "t0ken" + "x".repeat(40);
                }),
                true,
                "XOAUTH2"));
        assertThat(destination.heard("AUTH")).hasSize(1);
    }

    @Test
    void a_supplier_of_tokens_that_fails_is_451() {
        Credentials broken = Credentials.token("proxy", () -> {
            throw new IllegalStateException("no tokens today");
        });
        client(broken, true, "XOAUTH2")
                .says("EHLO client.test")
                .hearsLine("451 4.7.0 Cannot log in at the destination now");
    }

    @Test
    void a_server_that_cannot_prove_that_it_knows_the_password_is_not_believed() {
        destination.offers("AUTH SCRAM-SHA-256").on("AUTH").reply("235 2.7.0 Whoever you are");
        Destination there = destination.destination().credentials(RIGHT);
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .hearsLine(NOT_ADMITTED)
                .hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"334 !!!", "334", "334 cj0x", "334-YQ=="})
    void a_challenge_that_makes_no_sense_is_421(String challenge) {
        destination.offers("AUTH SCRAM-SHA-256").on("AUTH").reply(challenge, "334 YQ==");
        destination.on("*").reply("501 5.7.0 Cancelled");
        Destination there = destination.destination().credentials(RIGHT);
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .hears("421 4.")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET", "GARBAGE_REPLY"})
    void a_destination_lost_at_the_login_is_421(Fault fault) {
        destination.offers("AUTH CRAM-MD5").on("AUTH").fail(fault);
        Destination there = destination.destination().credentials(RIGHT);
        clientOf(proxy(ENDPOINT, Router.to(there)))
                .hears("220")
                .says("EHLO client.test")
                .hears("421 4.")
                .hearsTheEnd();
    }

    @Test
    void the_proxy_logs_in_once_in_a_session() {
        Dialogue client = client(RIGHT, true, "PLAIN");
        sends(client.says("EHLO once.test").hears("250"));
        assertThat(destination.heard("AUTH")).hasSize(1);
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void the_clients_login_and_the_proxys_are_two() {
        destination.offers("AUTH PLAIN").on("AUTH").exchange(Server::new);
        destination.startTls(Certificate.LOCAL.shown());
        Endpoint endpoint = ENDPOINT.implicitTls(Certificate.LOCAL.shown())
                .authenticate((user, password) -> user.equals("alice") && password.equals("her own"));
        Router router =
                Router.to(destination.destination().startTls(StartTls.REQUIRED).credentials(RIGHT));
        String hers = Base64.getEncoder().encodeToString("\0alice\0her own".getBytes(StandardCharsets.US_ASCII));
        String ours = Base64.getEncoder().encodeToString("\0proxy\0open sesame".getBytes(StandardCharsets.US_ASCII));
        clientOf(proxy(endpoint, router))
                .secures(Certificate.LOCAL.trusted())
                .greets()
                .says("AUTH PLAIN " + hers)
                .hears("235")
                .envelope();
        assertThat(destination.heard("AUTH")).containsExactly("AUTH PLAIN " + ours);
    }

    @Test
    void a_refused_login_of_a_transaction_routed_late_is_451_and_the_session_goes_on() {
        destination.offers("AUTH CRAM-MD5").on("AUTH").exchange(Server::new);
        Router router = Router.byRecipientDomain()
                .route("dest.test", destination.destination().credentials(WRONG));
        clientOf(proxy(ENDPOINT, router))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("451 4.4.1")
                .says("NOOP")
                .hears("250");
    }
}
