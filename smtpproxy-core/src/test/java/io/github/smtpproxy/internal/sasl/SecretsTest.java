package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.route.Credentials;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No password, token or key is in what may be logged: toString() of an object, an exception with its stack trace. */
class SecretsTest {

    private static final String PASSWORD = "h7Zq-pass";
    private static final String TOKEN = KnownUsers.tokenOf(PASSWORD);
    private static final List<String> MECHANISMS =
            List.of("SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2");
    private static final ScramSecret SECRET = ScramSecret.of(PASSWORD, KnownUsers.saltOf("tim"), KnownUsers.ITERATIONS);

    /** What was printed in a test. */
    private final List<String> texts = new ArrayList<>();

    @Test
    void a_credential_shows_its_user_only() {
        assertThat(Credentials.password("tim", PASSWORD)).hasToString("tim");
        assertThat(Credentials.token("tim", () -> TOKEN)).hasToString("tim");
        assertThat(Optional.of(Credentials.password("tim", PASSWORD))).hasToString("Optional[tim]");
    }

    @Test
    void a_scram_secret_shows_its_iterations_only() {
        assertThat(SECRET).hasToString("a SCRAM-SHA-256 secret of 4096 iterations");
    }

    @Test
    void nothing_of_a_secret_that_is_refused_is_in_the_exception() {
        show(() -> Credentials.password("tim", PASSWORD + "\0"));
        show(() -> Credentials.password("t\0", PASSWORD));
        show(() -> ScramSecret.of(PASSWORD + "\0"));
        show(() -> ScramSecret.of(PASSWORD, new byte[7], KnownUsers.ITERATIONS));
        show(() -> ScramSecret.of(PASSWORD, new byte[8], 1));
        show(() -> ScramSecret.of(SECRET.salt(), 1, SECRET.storedKey(), SECRET.serverKey()));
        show(() -> ScramSecret.of(
                SECRET.salt(), KnownUsers.ITERATIONS, SECRET.storedKey(), Arrays.copyOf(SECRET.serverKey(), 31)));
        assertThat(texts).hasSize(7).allMatch(text -> text.contains("IllegalArgumentException"));
        assertNothingOfSecrets();
    }

    @Test
    void exchanges_and_answers_show_nothing_at_any_step() {
        KnownUsers users = new KnownUsers(Map.of("tim", PASSWORD));
        for (String mechanism : users.mechanisms()) {
            ServerExchange server = ServerExchanges.open(mechanism, users).orElseThrow();
            ClientExchange client = client(mechanism);
            Answer answer = server.start(client.initialResponse());
            show(() -> server);
            while (answer instanceof Challenge challenge) {
                texts.add(answer.toString());
                answer = server.respond(client.respond(challenge.octets()));
                show(() -> server);
                show(() -> client);
            }
            assertThat(answer).as(mechanism).isInstanceOf(Answer.Success.class);
            texts.add(answer.toString());
        }
        assertNothingOfSecrets();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "e=invalid-proof", "r=x,s=*,i=1", "{}"})
    void a_client_whose_server_misbehaves_shows_nothing(String challenge) {
        for (String mechanism : MECHANISMS) {
            ClientExchange client = client(mechanism);
            client.initialResponse();
            for (int i = 0; i < 3; i++) {
                show(() -> client.respond(Text.utf8(challenge)).length);
            }
            show(() -> client);
        }
        assertThat(texts).hasSize(4 * MECHANISMS.size());
        assertThat(texts)
                .filteredOn(text -> text.contains("ExchangeFailedException"))
                .hasSizeGreaterThan(MECHANISMS.size());
        assertNothingOfSecrets();
    }

    @Test
    void the_library_of_scram_shows_no_password_that_it_refuses() {
        ClientExchange client = ClientExchanges.choose(
                        Credentials.password("tim", PASSWORD + "\ue000"), List.of("SCRAM-SHA-256"), false)
                .orElseThrow();
        String nonce = Text.of(client.initialResponse().orElseThrow()).split("r=")[1];
        show(() -> client.respond(Text.utf8("r=" + nonce + "x,s=AAAA,i=4096")));
        assertThat(texts.get(0)).contains("ExchangeFailedException");
        assertNothingOfSecrets();
    }

    @Test
    void a_malformed_response_shows_nothing_of_itself() {
        KnownUsers users = new KnownUsers(Map.of("tim", PASSWORD));
        for (String response :
                List.of(PASSWORD, "\0tim\0" + PASSWORD + "\0", "user=tim\1auth=Basic " + TOKEN + "\1\1")) {
            for (String mechanism : users.mechanisms()) {
                ServerExchange server = ServerExchanges.open(mechanism, users).orElseThrow();
                show(() -> server.start(Optional.of(Text.utf8(response))));
                show(() -> new PlainServer(users).respond(Text.utf8(response)));
                show(() -> BearerServer.xoauth2(users).respond(Text.utf8(response)));
                show(() -> BearerServer.oauthBearer(users).respond(Text.utf8(response)));
                show(() -> new ScramServer(users).respond(Text.utf8(response)));
            }
        }
        assertThat(texts)
                .filteredOn(text -> text.contains("MalformedResponseException"))
                .isNotEmpty();
        assertNothingOfSecrets();
    }

    @Test
    void foreign_code_that_tells_secrets_in_its_exception_is_not_repeated() {
        Exception telling = new Exception(PASSWORD, new IllegalStateException(TOKEN));
        telling.addSuppressed(new IllegalStateException(PASSWORD));
        Authenticator failing = new FailingUsers(telling);
        for (String mechanism : failing.mechanisms()) {
            ServerExchange server = ServerExchanges.open(mechanism, failing).orElseThrow();
            ClientExchange client = client(mechanism);
            Answer answer = server.start(client.initialResponse());
            while (answer instanceof Challenge challenge) {
                answer = server.respond(client.respond(challenge.octets()));
            }
            texts.add(answer.toString());
            texts.add(stack(((Failure) answer).cause().orElseThrow()));
        }
        show(() -> ClientExchanges.choose(
                Credentials.token("tim", () -> {
                    throw FailingUsers.<RuntimeException>undeclared(telling);
                }),
                List.of("XOAUTH2"),
                true));
        show(() -> ClientExchanges.choose(
                Credentials.token("tim", () -> "not a token: " + TOKEN), List.of("XOAUTH2"), true));
        assertThat(texts)
                .hasSize(12)
                .allMatch(text -> text.contains("ExchangeFailedException") || text.contains("NoTokenException"));
        assertNothingOfSecrets();
    }

    @Test
    void this_test_finds_a_secret_that_is_shown() {
        texts.add("x " + PASSWORD);
        assertThat(found()).containsExactly(PASSWORD);
        texts.set(0, stack(new Exception(new Exception(Text.base64(SECRET.storedKey())))));
        assertThat(found()).containsExactly(Text.base64(SECRET.storedKey()));
    }

    private static ClientExchange client(String mechanism) {
        Credentials credentials = mechanism.contains("OAUTH")
                ? Credentials.token("tim", () -> TOKEN)
                : Credentials.password("tim", PASSWORD);
        return ClientExchanges.choose(credentials, List.of(mechanism), true).orElseThrow();
    }

    private void show(Supplier<Object> code) {
        try {
            texts.add(String.valueOf(code.get()));
        } catch (RuntimeException e) {
            texts.add(stack(e));
        }
    }

    private static String stack(Throwable thrown) {
        StringWriter stack = new StringWriter();
        thrown.printStackTrace(new PrintWriter(stack, true));
        return stack.toString();
    }

    private void assertNothingOfSecrets() {
        assertThat(texts).isNotEmpty();
        assertThat(found()).isEmpty();
    }

    private List<String> found() {
        return Stream.of(Text.utf8(PASSWORD), Text.utf8(TOKEN), SECRET.storedKey(), SECRET.serverKey())
                .flatMap(SecretsTest::written)
                .filter(secret -> texts.stream().anyMatch(text -> text.contains(secret)))
                .toList();
    }

    private static Stream<String> written(byte[] octets) {
        return Stream.of(
                new String(octets, StandardCharsets.UTF_8),
                Base64.getEncoder().encodeToString(octets),
                HexFormat.of().formatHex(octets),
                Arrays.toString(octets));
    }
}
