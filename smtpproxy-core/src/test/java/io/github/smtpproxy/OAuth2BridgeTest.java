package io.github.smtpproxy;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.oauth2.OAuth2Tokens;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.TokenServer;
import io.github.smtpproxy.testing.TokenServer.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An old program's mail reaches a destination that takes tokens only. */
class OAuth2BridgeTest extends ProxyTest {

    private static final String NO_TOKEN = " 4.7.0 Cannot log in at the destination now";

    private final TokenServer server = TokenServer.start();
    private final CapturedLog log = new CapturedLog();
    private final List<String> transcript = new CopyOnWriteArrayList<>();
    private final AtomicInteger given = new AtomicInteger();
    private final Set<String> revoked = ConcurrentHashMap.newKeySet();
    private final OAuth2Tokens tokens =
            OAuth2Tokens.clientCredentials(server.url(), "id", "s3cret-of-the-client", "mail.send");

    /** As Google and Microsoft do: what is wrong is told in a challenge, then comes 535. */
    private final class TokenLogin implements UnaryOperator<String> {
        private boolean challenged;

        @Override
        public String apply(String line) {
            String response = line.substring(line.lastIndexOf(' ') + 1);
            if (challenged) {
                return response.isEmpty() || response.equals("AQ==") ? "535 5.7.8 Not this one" : "501 5.5.2 What?";
            }
            if (line.matches("AUTH \\S+")) {
                return "334 ";
            }
            String login = new String(Base64.getDecoder().decode(response), StandardCharsets.US_ASCII);
            boolean right = login.contains("auth=Bearer t0ken-")
                    && login.contains("relay@client.test")
                    && revoked.stream().noneMatch(token -> login.contains(token + "\1"));
            challenged = !right;
            return right ? "235 2.7.0 Accepted" : "334 eyJzdGF0dXMiOiI0MDEifQ==";
        }
    }

    @BeforeEach
    void destination_takes_tokens_only() {
        server.answers(form -> Answer.token("t0ken-" + given.incrementAndGet(), 3600));
        destination
                .startTls(Certificate.LOCAL.shown())
                .offers("AUTH OAUTHBEARER")
                .offers("AUTH=OAUTHBEARER")
                .on("AUTH")
                .exchange(TokenLogin::new);
    }

    @AfterEach
    void nothing_secret_is_shown() {
        log.close();
        server.close();
        assertThat(Stream.of(log.lines(), transcript).flatMap(List::stream))
                .noneMatch(line -> line.contains("t0ken") || line.contains("s3cret") || line.contains("dDBrZW4"));
    }

    private Destination there() {
        return destination
                .destination()
                .startTls(StartTls.REQUIRED)
                .credentials(Credentials.oauth2("relay@client.test", tokens));
    }

    private SmtpProxyBuilder bridge() {
        return proxy(ENDPOINT, Router.to(there())).transcript((session, lane, fromProxy, line) -> transcript.add(line));
    }

    private static void sends(Dialogue client) {
        client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250 2.0.0 Ok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"XOAUTH2", "OAUTHBEARER"})
    void a_program_that_says_nothing_of_a_login_is_logged_in(String mechanism) {
        destination.offers(mechanism.equals("XOAUTH2") ? "AUTH=PLAIN XOAUTH2" : "AUTH PLAIN");
        SmtpProxy proxy = started(bridge());
        sends(clientOf(proxy).greets());
        sends(clientOf(proxy).greets());
        assertThat(destination.heard("AUTH")).hasSize(2).allMatch(line -> line.startsWith("AUTH " + mechanism));
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void a_program_that_says_AUTH_LOGIN_is_logged_in_there_by_a_token() {
        Endpoint endpoint = ENDPOINT.plaintextAuthentication(true).authenticate(new Authenticator() {
            @Override
            public boolean accepts(String user, String password) {
                return user.equals("old") && password.equals("program");
            }
        });
        Dialogue client = clientOf(proxy(endpoint, Router.to(there()))).hears("220");
        assertThat(client.says("EHLO client.test").reply()).anyMatch(line -> line.endsWith("AUTH PLAIN LOGIN"));
        client.says("AUTH LOGIN")
                .hears("334")
                .says("b2xk")
                .hears("334")
                .says("cHJvZ3JhbQ==")
                .hears("235");
        sends(client);
    }

    @Test
    void a_token_that_is_refused_is_thrown_away_and_another_one_tried_once() {
        SmtpProxy proxy = started(bridge());
        sends(clientOf(proxy).greets());
        revoked.add("t0ken-1");
        sends(clientOf(proxy).greets());
        assertThat(destination.heard("AUTH")).hasSize(3);
        assertThat(server.requests()).hasSize(2);
        revoked.add("t0ken-2");
        clientOf(proxy)
                .hears("220")
                .says("EHLO client.test")
                .hearsLine("421 4.7.0 Destination does not admit the proxy")
                .hearsTheEnd();
        assertThat(destination.heard("AUTH")).hasSize(4);
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void a_destination_that_refuses_every_token_gets_two() {
        revoked.addAll(List.of("t0ken-1", "t0ken-2", "t0ken-3"));
        clientOf(bridge())
                .hears("220")
                .says("EHLO client.test")
                .hearsLine("421 4.7.0 Destination does not admit the proxy")
                .hearsTheEnd();
        assertThat(destination.heard("AUTH")).hasSize(2);
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void a_refusal_that_quotes_the_token_is_not_repeated() {
        destination.on("AUTH").reply("535 5.7.8 The token t0ken-1-0123456789 is wrong");
        server.answers(Answer.token("t0ken-1-0123456789", 3600));
        clientOf(bridge())
                .hears("220")
                .says("EHLO client.test")
                .hearsLine("421 4.7.0 Destination does not admit the proxy");
        assertThat(log.lines()).anyMatch(line -> line.endsWith("login failed: OAUTHBEARER was answered 535"));
        assertThat(transcript).contains("535 (redacted)");
    }

    @Test
    void while_there_is_no_token_clients_are_told_to_come_back_and_the_destination_stays_well() {
        server.answers(Answer.error(400, "invalid_grant", "revoked"));
        SmtpProxy proxy = started(bridge());
        for (int i = 0; i < 10; i++) {
            clientOf(proxy)
                    .hears("220")
                    .says("EHLO client.test")
                    .hearsLine("451" + NO_TOKEN)
                    .says("MAIL FROM:<a@client.test>")
                    .hears("503")
                    .says("QUIT")
                    .hears("221");
        }
        assertThat(server.requests()).hasSize(1);
        assertThat(destination.heard("AUTH")).isEmpty();
        assertThat(proxy.destinations()).allMatch(status -> status.toString().contains("state=UP"));
        assertThat(log.lines())
                .anyMatch(line -> line.contains("login failed: there is no token: " + server.url()
                        + " for id: the server answers 400 invalid_grant (revoked)"));
    }

    @Test
    void with_a_pool_the_transaction_is_deferred_and_the_session_goes_on() {
        server.answers(Answer.error(503, "busy", ""));
        SmtpProxy proxy = started(bridge().multiplexing(Pool.max(2).idle(Duration.ofSeconds(1))));
        Dialogue client = clientOf(proxy).hears("220").says("EHLO client.test");
        client.reply();
        client.says("MAIL FROM:<a@client.test>").hearsLine("451" + NO_TOKEN);
        server.answers(Answer.token("t0ken-1", 3600));
        await().untilAsserted(() -> {
            client.says("MAIL FROM:<a@client.test>").hears("250");
        });
        client.says("RSET").hears("250");
        sends(client);
        assertThat(server.mostAtOnce()).isEqualTo(1);
    }

    @Test
    void where_the_route_is_known_late_the_transaction_is_deferred() {
        server.answers(Answer.error(400, "invalid_client", ""));
        Router late = Router.byRecipientDomain().route("dest.test", there());
        Dialogue client = clientOf(proxy(ENDPOINT, late)).greets();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine("451" + NO_TOKEN);
        client.says("QUIT").hears("221");
    }

    @Test
    void fifty_sessions_at_a_slow_server_make_one_request() throws Exception {
        SmtpProxy proxy = started(bridge());
        server.hold();
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Dialogue> clients =
                IntStream.range(0, 50).mapToObj(i -> clientOf(proxy)).toList();
        List<Future<?>> sessions = new ArrayList<>();
        clients.forEach(client -> sessions.add(threads.submit(() -> sends(client.greets()))));
        await().until(() -> destination.heard("EHLO").size() >= 50);
        server.release();
        for (Future<?> session : sessions) {
            session.get(60, SECONDS);
        }
        threads.shutdown();
        assertThat(server.requests()).hasSize(1);
        assertThat(destination.messages()).hasSize(50);
    }

    @Test
    void a_probe_logs_in_by_a_token_too() {
        started(bridge().probe(Duration.ofSeconds(1)));
        await().until(() -> !destination.heard("AUTH").isEmpty());
        assertThat(server.requests()).hasSize(1);
    }
}
