package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.smtpproxy.route.Credentials;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which mechanism the proxy logs in with, and what it sends. */
class ClientExchangesTest {

    private static final Credentials PASSWORD = Credentials.password("tim", "pw");
    private static final Credentials TOKEN = Credentials.token("tim", () -> "to.k-e~n+/_==");

    @ParameterizedTest
    @CsvSource({
        "LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256, SCRAM-SHA-256",
        "LOGIN PLAIN CRAM-MD5, CRAM-MD5",
        "LOGIN PLAIN, PLAIN",
        "login, LOGIN",
        "plain LOGIN, PLAIN",
        "scram-sha-256 plain, SCRAM-SHA-256",
        "XOAUTH2 OAUTHBEARER GSSAPI SCRAM-SHA-256-PLUS SCRAM-SHA-1 LOGIN, LOGIN"
    })
    void a_password_goes_by_the_strongest_that_is_offered(String offered, String chosen) {
        assertThat(chosen(PASSWORD, offered, true)).contains(chosen);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN OAUTHBEARER XOAUTH2, XOAUTH2", "PLAIN OAUTHBEARER, OAUTHBEARER", "xoauth2, XOAUTH2"})
    void a_token_goes_by_what_takes_tokens(String offered, String chosen) {
        assertThat(chosen(TOKEN, offered, true)).contains(chosen);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN LOGIN CRAM-MD5, CRAM-MD5", "LOGIN PLAIN SCRAM-SHA-256, SCRAM-SHA-256"})
    void a_password_goes_in_plaintext_if_it_is_not_sent_itself(String offered, String chosen) {
        assertThat(chosen(PASSWORD, offered, false)).contains(chosen);
    }

    @Test
    void no_secret_itself_goes_in_plaintext_and_no_token_is_fetched() {
        AtomicInteger fetched = new AtomicInteger();
        Credentials token = Credentials.token("tim", () -> "t" + fetched.incrementAndGet());
        assertThat(chosen(PASSWORD, "PLAIN LOGIN", false)).isEmpty();
        assertThat(chosen(token, "XOAUTH2 OAUTHBEARER", false)).isEmpty();
        assertThat(fetched).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GSSAPI", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "PLAIN2", "XOAUTH2 OAUTHBEARER"})
    void nothing_is_chosen_that_takes_no_password(String offered) {
        assertThat(chosen(PASSWORD, offered, true)).isEmpty();
    }

    @Test
    void a_token_is_never_a_password_and_is_not_fetched_for_nothing() {
        Credentials token = Credentials.token("tim", () -> {
            throw new AssertionError("fetched");
        });
        assertThat(chosen(token, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", true)).isEmpty();
    }

    @Test
    void each_login_fetches_one_token() {
        AtomicInteger fetched = new AtomicInteger();
        Credentials token = Credentials.token("tim", () -> "t" + fetched.incrementAndGet());
        for (int login = 1; login <= 3; login++) {
            assertThat(initial(choose(token, "XOAUTH2", true))).contains("Bearer t" + login + "\1\1");
            assertThat(fetched).hasValue(login);
        }
    }

    @Test
    void what_is_sent_is_what_the_mechanisms_have() {
        assertThat(initial(choose(PASSWORD, "PLAIN", true))).isEqualTo("\0tim\0pw");
        assertThat(initial(choose(TOKEN, "XOAUTH2", true))).isEqualTo("user=tim\1auth=Bearer to.k-e~n+/_==\1\1");
        assertThat(initial(choose(TOKEN, "OAUTHBEARER", true))).isEqualTo("n,a=tim,\1auth=Bearer to.k-e~n+/_==\1\1");
        ClientExchange quoted = choose(Credentials.token("t,i=m", () -> "t"), "OAUTHBEARER", true);
        assertThat(initial(quoted)).isEqualTo("n,a=t=2Ci=3Dm,\1auth=Bearer t\1\1");
    }

    @Test
    void login_answers_by_order_whatever_it_is_asked() {
        ClientExchange login = choose(PASSWORD, "LOGIN", true);
        assertThat(login.initialResponse()).isEmpty();
        assertThat(Text.of(login.respond(Text.utf8("User Name\0")))).isEqualTo("tim");
        assertThat(Text.of(login.respond(new byte[0]))).isEqualTo("pw");
        assertThat(login.isComplete()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"XOAUTH2, ''", "OAUTHBEARER, '\1'"})
    void the_error_of_a_bearer_mechanism_is_acknowledged(String mechanism, String acknowledged) {
        ClientExchange exchange = choose(TOKEN, mechanism, true);
        assertThat(exchange.respond(Text.utf8("{\"status\":\"400\"}"))).isEqualTo(Text.utf8(acknowledged));
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, 0", "LOGIN, 2", "CRAM-MD5, 1", "XOAUTH2, 1", "OAUTHBEARER, 1"})
    void one_challenge_more_than_it_has_fails(String mechanism, int challenges) {
        Credentials credentials = mechanism.contains("OAUTH") ? TOKEN : PASSWORD;
        ClientExchange exchange = choose(credentials, mechanism, true);
        assertThat(exchange.mechanism()).isEqualTo(mechanism);
        for (int i = 0; i < challenges; i++) {
            exchange.respond(Text.utf8("<a@b>"));
        }
        assertThatExceptionOfType(ExchangeFailedException.class)
                .isThrownBy(() -> exchange.respond(Text.utf8("<a@b>")))
                .withMessage("unexpected further challenge of " + mechanism);
    }

    @Test
    void an_initial_response_is_the_callers_own() {
        ClientExchange plain = choose(PASSWORD, "PLAIN", true);
        Arrays.fill(plain.initialResponse().orElseThrow(), (byte) 'x');
        assertThat(initial(plain)).isEqualTo("\0tim\0pw");
    }

    static final List<Throwable> FAILURES = List.of(
            new IllegalStateException("secret-token"),
            new RuntimeException("secret-token", new Exception("secret-token")),
            new Exception("secret-token, and undeclared"));

    @ParameterizedTest
    @FieldSource("FAILURES")
    void a_supplier_that_throws_fails_the_login_by_class_not_by_message(Throwable failure) {
        Credentials token = Credentials.token("tim", () -> {
            throw FailingUsers.<RuntimeException>undeclared(failure);
        });
        assertThatExceptionOfType(ExchangeFailedException.class)
                .isThrownBy(() -> choose(token, "XOAUTH2", true))
                .withMessageStartingWith(
                        "the token supplier failed with " + failure.getClass().getName())
                .withMessageNotContaining("secret-token")
                .withNoCause()
                .satisfies(e -> assertThat(e.getStackTrace()).isEqualTo(failure.getStackTrace()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "=", "tök", "a\r\nRSET", "a\1auth=Bearer b", "a\n", "Bearer a", "a=b"})
    void what_is_no_token_fails_the_login(String token) {
        assertNoToken(() -> token);
    }

    @Test
    void no_token_fails_the_login() {
        assertNoToken(() -> null);
    }

    private static void assertNoToken(Supplier<String> tokens) {
        for (String mechanism : List.of("XOAUTH2", "OAUTHBEARER")) {
            assertThatExceptionOfType(ExchangeFailedException.class)
                    .isThrownBy(() -> choose(Credentials.token("tim", tokens), mechanism, true))
                    .withMessage("the token supplier returned an invalid bearer token (RFC 6750)");
        }
    }

    private static ClientExchange choose(Credentials credentials, String offered, boolean readable) {
        return ClientExchanges.choose(credentials, List.of(offered.split(" ")), readable)
                .orElseThrow();
    }

    private static Optional<String> chosen(Credentials credentials, String offered, boolean readable) {
        return ClientExchanges.choose(credentials, List.of(offered.split(" ")), readable)
                .map(ClientExchange::mechanism);
    }

    private static String initial(ClientExchange exchange) {
        return Text.of(exchange.initialResponse().orElseThrow());
    }
}
