package io.github.smtpproxy.oauth2;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.route.TokenException;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.testing.TokenServer;
import io.github.smtpproxy.testing.TokenServer.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of a token server that is slow, down, answers errors, and rotates. */
class OAuth2TokensTest {

    private static final String SECRET = "s3cret~&=+ value";
    private static final String REFRESH = "refresh-token-0000";

    private final TokenServer server = TokenServer.start();
    private final SetClock clock = new SetClock();
    private final CapturedLog log = new CapturedLog();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger given = new AtomicInteger();

    private OAuth2Tokens tokens() {
        return OAuth2Tokens.clientCredentials(server.url(), "id", SECRET, "mail.send", clock::nanos);
    }

    private OAuth2Tokens refreshing() {
        return OAuth2Tokens.refreshToken(server.url(), "id", REFRESH, clock::nanos);
    }

    private void givesTokens() {
        server.answers(form -> Answer.token("t0ken-" + given.incrementAndGet(), 1_000));
    }

    private List<Future<String>> ask(OAuth2Tokens tokens, int times) {
        List<Future<String>> asked = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            asked.add(threads.submit(tokens::token));
        }
        return asked;
    }

    private static void assertNone(OAuth2Tokens tokens, String why) {
        assertThatThrownBy(tokens::token).isInstanceOf(TokenException.class).hasMessageContaining(why);
    }

    @AfterEach
    void nothing_secret_is_logged() {
        log.close();
        server.close();
        threads.shutdownNow();
        assertThat(log.lines())
                .noneMatch(line -> line.contains("t0ken") || line.contains("s3cret") || line.contains("refresh-token"));
        assertThat(tokens() + "" + refreshing()).doesNotContain("s3cret", "refresh-token");
    }

    @Test
    void a_program_asks_with_its_own_right() {
        assertThat(tokens().token()).isEqualTo("t0ken");
        assertThat(server.requests())
                .containsExactly(Map.of(
                        "grant_type", "client_credentials",
                        "client_id", "id",
                        "client_secret", SECRET,
                        "scope", "mail.send"));
    }

    @Test
    void the_secret_goes_in_the_header_where_that_is_set() {
        tokens().parameter("audience", "mail").secretInHeader().token();
        assertThat(server.requests().get(0)).doesNotContainKeys("client_id", "client_secret");
        assertThat(server.requests().get(0)).containsEntry("audience", "mail");
        String basic = server.requests().get(0).get("Authorization").substring("Basic ".length());
        assertThat(new String(Base64.getDecoder().decode(basic), StandardCharsets.US_ASCII))
                .isEqualTo("id:s3cret%7E%26%3D%2B+value");
    }

    @Test
    void a_token_is_kept_and_renewed_before_it_expires() {
        givesTokens();
        OAuth2Tokens tokens = tokens();
        assertThat(tokens.token()).isEqualTo("t0ken-1");
        clock.pass(Duration.ofSeconds(799));
        assertThat(tokens.token()).isEqualTo("t0ken-1");
        clock.pass(Duration.ofSeconds(1));
        assertThat(tokens.token()).isEqualTo("t0ken-2");
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void one_renews_while_the_others_go_on_with_the_token_that_is_valid() throws Exception {
        givesTokens();
        OAuth2Tokens tokens = tokens();
        tokens.token();
        clock.pass(Duration.ofSeconds(900));
        server.hold();
        List<Future<String>> first = ask(tokens, 1);
        await().until(() -> server.requests().size() == 2);
        for (Future<String> other : ask(tokens, 20)) {
            assertThat(other.get(60, SECONDS)).isEqualTo("t0ken-1");
        }
        server.release();
        assertThat(first.get(0).get(60, SECONDS)).isEqualTo("t0ken-2");
        assertThat(tokens.token()).isEqualTo("t0ken-2");
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void without_a_token_all_wait_for_one_request() throws Exception {
        givesTokens();
        server.hold();
        OAuth2Tokens tokens = tokens();
        List<Future<String>> asked = ask(tokens, 50);
        await().until(() -> !server.requests().isEmpty());
        server.release();
        for (Future<String> one : asked) {
            assertThat(one.get(60, SECONDS)).isEqualTo("t0ken-1");
        }
        assertThat(server.requests()).hasSize(1);
        assertThat(server.mostAtOnce()).isEqualTo(1);
    }

    @Test
    void a_server_that_is_silent_is_asked_once_and_all_who_wait_are_told() throws Exception {
        server.hold();
        OAuth2Tokens tokens = tokens().within(Duration.ofSeconds(2));
        for (Future<String> one : ask(tokens, 20)) {
            assertThatThrownBy(() -> one.get(60, SECONDS)).hasCauseInstanceOf(TokenException.class);
        }
        await().until(() -> server.requests().size() == 1);
        server.release();
        await().ignoreExceptionsInstanceOf(TokenException.class).untilAsserted(() -> {
            // an answer may be late again where the machine is slow
            clock.pass(Duration.ofMinutes(1));
            assertThat(tokens.token()).isEqualTo("t0ken");
        });
        assertThat(log.lines(Level.INFO)).containsExactly(server.url() + " for id: gives tokens again");
    }

    @Test
    void a_new_refresh_token_takes_the_place_of_the_old_one() {
        List<String> stored = new CopyOnWriteArrayList<>();
        server.answers(form -> Answer.rotated("t0ken", "refresh-token-" + given.incrementAndGet()));
        OAuth2Tokens tokens = refreshing().clientSecret(SECRET).onRotation(stored::add);
        for (int i = 0; i < 3; i++) {
            tokens.token();
            clock.pass(Duration.ofHours(1));
        }
        assertThat(server.requests())
                .extracting(form -> form.get("refresh_token"))
                .containsExactly(REFRESH, "refresh-token-1", "refresh-token-2");
        assertThat(server.requests().get(0)).containsEntry("grant_type", "refresh_token");
        assertThat(stored).containsExactly("refresh-token-1", "refresh-token-2", "refresh-token-3");
    }

    @Test
    void a_store_that_fails_costs_no_login() {
        server.answers(form -> Answer.rotated("t0ken", "refresh-token-1"));
        OAuth2Tokens tokens = refreshing().onRotation(token -> {
            throw new IllegalStateException("cannot write " + token);
        });
        assertThat(tokens.token()).isEqualTo("t0ken");
        assertThat(log.lines(Level.ERROR))
                .containsExactly(
                        server.url() + ": the new refresh token is not stored: java.lang.IllegalStateException");
        clock.pass(Duration.ofHours(1));
        tokens.token();
        assertThat(server.requests().get(1)).containsEntry("refresh_token", "refresh-token-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"})
    void a_refusal_for_good_is_told_once_and_the_server_left_alone_for_five_minutes(String error) {
        server.answers(Answer.error(400, error, "AADSTS70000: The grant has been revoked."));
        OAuth2Tokens tokens = refreshing();
        for (int i = 0; i < 100; i++) {
            assertNone(tokens, "the server answers 400 " + error + " (AADSTS70000: The grant has been revoked.)");
            clock.pass(Duration.ofMillis(2_900));
        }
        assertThat(server.requests()).hasSize(1);
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines(Level.ERROR)).singleElement().asString().contains("300 s", "until a setting is changed");
        clock.pass(Duration.ofSeconds(10));
        server.answers(Answer.token("t0ken", 60));
        assertThat(tokens.token()).isEqualTo("t0ken");
    }

    @Test
    void a_server_that_fails_is_asked_again_after_twice_the_time() {
        server.answers(Answer.error(503, "temporarily_unavailable", "busy"));
        OAuth2Tokens tokens = tokens();
        List<Integer> seconds = new ArrayList<>();
        for (int asked = 1; asked <= 9; asked++) {
            int before = asked;
            int waited = 0;
            assertNone(tokens, "503 temporarily_unavailable (busy)");
            for (; server.requests().size() == before; waited++) {
                clock.pass(Duration.ofSeconds(1));
                assertNone(tokens, "503");
            }
            seconds.add(waited);
        }
        assertThat(seconds).containsExactly(1, 2, 4, 8, 16, 32, 60, 60, 60);
    }

    @Test
    void a_server_says_when_it_wants_to_be_asked_again() {
        server.answers(new Answer(429, "", Optional.of("120")));
        OAuth2Tokens tokens = tokens();
        assertNone(tokens, "the server answers 429");
        clock.pass(Duration.ofSeconds(119));
        assertNone(tokens, "the server answers 429");
        assertThat(server.requests()).hasSize(1);
        clock.pass(Duration.ofSeconds(1));
        assertNone(tokens, "the server answers 429");
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void a_token_that_is_valid_is_used_while_the_server_is_down() {
        givesTokens();
        OAuth2Tokens tokens = tokens();
        tokens.token();
        server.answers(Answer.error(500, "server_error", "down"));
        clock.pass(Duration.ofSeconds(800));
        for (int i = 0; i < 10; i++) {
            assertThat(tokens.token()).isEqualTo("t0ken-1");
        }
        assertThat(server.requests()).hasSize(2);
        assertThat(log.lines(Level.WARN)).singleElement().asString().contains("the token in use is still valid");
        clock.pass(Duration.ofSeconds(170));
        assertNone(tokens, "500 server_error");
    }

    @ParameterizedTest
    @CsvSource({
        "{}, without a token",
        "'{\"access_token\":\"two words\"}', without a token",
        "'{\"access_token\":\"a\\r\\nRCPT TO:<x>\"}', without a token",
        "'{\"access_token\":7}', without a token",
        "'{\"access_token\":\"t0ken\",\"token_type\":\"mac\"}', no bearer token",
        "'{\"access_token\":\"t0ken\",\"refresh_token\":\"a\\nb\"}', refresh token that cannot be used",
        "'{\"access_token\":\"t0ken\",\"expires_in\":0}', expired already",
        "'{\"access_token\":\"t0ken\",\"expires_in\":\"-1\"}', expired already",
        "t0ken, no JSON",
        "'\"t0ken', no JSON",
        "'', no JSON"
    })
    void an_answer_that_cannot_be_used_is_none(String body, String why) {
        server.answers(Answer.ok(body));
        assertNone(tokens(), why);
    }

    @Test
    void an_answer_without_end_is_none() {
        server.answers(Answer.ok("{\"access_token\":\"t0ken\",\"x\":\"" + "y".repeat(65_536) + "\"}"));
        assertNone(tokens(), "more than 65536 octets");
        server.answers(Answer.token("t".repeat(8_001), 60));
        assertNone(tokens(), "without a token");
    }

    @Test
    void a_server_that_is_not_there_is_named() {
        server.close();
        assertNone(tokens(), server.url() + " for id: the server cannot be asked: java.net.ConnectException");
    }

    @Test
    void another_page_than_a_token_server_s_is_an_error() {
        server.answers(new Answer(404, "<html>no t0ken here</html>", Optional.empty()));
        assertNone(tokens(), "the server answers 404");
        server.answers(new Answer(302, "", Optional.empty()));
        assertNone(tokens(), "the server answers 302");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3cret~&=+ value", "the value s3cre", "aWQ6czNjcmV0"})
    void what_a_server_quotes_of_the_secret_is_not_repeated(String quoted) {
        server.answers(Answer.error(401, "invalid_client", "wrong: " + quoted));
        assertThatThrownBy(tokens()::token).message().endsWith("the server answers 401 invalid_client");
    }

    @Test
    void a_token_that_a_destination_refuses_is_thrown_away_once_a_minute() {
        givesTokens();
        OAuth2Tokens tokens = tokens();
        String first = tokens.token();
        assertThat(tokens.refused(first)).isTrue();
        assertThat(tokens.token()).isEqualTo("t0ken-2");
        assertThat(tokens.refused(first)).as("another login had it too").isTrue();
        assertThat(tokens.refused("t0ken-2")).isFalse();
        assertThat(tokens.token()).isEqualTo("t0ken-2");
        clock.pass(Duration.ofMinutes(1));
        assertThat(tokens.refused("t0ken-2")).isTrue();
        assertThat(tokens.token()).isEqualTo("t0ken-3");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void a_token_that_one_destination_refuses_stays_for_the_others_until_there_is_another() {
        givesTokens();
        OAuth2Tokens tokens = tokens();
        String first = tokens.token();
        server.answers(Answer.error(500, "server_error", "down"));
        assertThat(tokens.refused(first)).isFalse();
        assertThat(tokens.token()).isEqualTo(first);
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void a_server_that_gives_the_same_token_again_has_no_other() {
        server.answers(Answer.token("t0ken", 1_000));
        OAuth2Tokens tokens = tokens();
        assertThat(tokens.refused(tokens.token())).isFalse();
        assertThat(tokens.token()).isEqualTo("t0ken");
    }

    @Test
    void a_thread_that_is_interrupted_waits_no_longer() throws Exception {
        server.hold();
        OAuth2Tokens tokens = tokens();
        List<Future<String>> first = ask(tokens, 1);
        await().until(() -> !server.requests().isEmpty());
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                tokens.token();
            } catch (TokenException e) {
                told.complete(e);
            }
        });
        waiting.start();
        waiting.interrupt();
        assertThat(told.get(60, SECONDS)).hasMessageContaining("interrupted");
        server.release();
        assertThat(first.get(0).get(60, SECONDS)).isEqualTo("t0ken");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://login.test/token",
                "ftp://127.0.0.1/",
                "https://user:s3cret@login.test/",
                "https:///token",
                "token",
                "http://127.0.0.1.evil.test/",
                "https://login.test/#s3cret",
                "https://login test/"
            })
    void an_endpoint_that_is_not_safe_is_refused(String url) {
        assertThatThrownBy(() -> OAuth2Tokens.refreshToken(url, "id", REFRESH))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("endpoint must be a URL of https")
                .message()
                .doesNotContain("s3cret");
    }

    @Test
    void settings_are_checked_when_they_are_made() {
        assertThat(OAuth2Tokens.refreshToken("https://login.test/token?x=1", "id", REFRESH))
                .hasToString("https://login.test/token for id");
        assertThatThrownBy(() -> tokens().clientSecret("s3cret\r\n"))
                .hasMessage("clientSecret must be 1 to 8192 characters of printable US-ASCII, was 8 characters");
        assertThatThrownBy(() -> tokens().parameter("client_secret", "x")).hasMessageContaining("must be none of");
        assertThatThrownBy(() -> tokens().within(Duration.ofMinutes(2))).hasMessageContaining("limit");
    }
}
