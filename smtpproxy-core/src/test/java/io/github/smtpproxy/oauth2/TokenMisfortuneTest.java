package io.github.smtpproxy.oauth2;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.route.TokenException;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.LoopbackServer;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.testing.TokenServer;
import io.github.smtpproxy.testing.TokenServer.Answer;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A token server that does not answer in HTTP, and one that repeats what it was asked. */
class TokenMisfortuneTest {

    private static final String TOKEN = "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"t0ken\",\"expires_in\":1000}";

    private final SetClock clock = new SetClock();
    private final CapturedLog log = new CapturedLog();

    @AfterEach
    void nothing_secret_is_logged() {
        log.close();
        assertThat(log.lines()).noneMatch(line -> line.contains("t0ken") || line.contains("s3cret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r\n\r\n", "\n\n", "\r\n\n\r\n\r\n", "220 mail.test ESMTP\r\n\r\n", "HTTP/1.1\r\n\r\n"})
    void what_is_not_http_is_no_answer_and_the_valid_token_is_used(String noise) {
        AtomicReference<String> answer = new AtomicReference<>(TOKEN);
        try (LoopbackServer server = LoopbackServer.start(connection -> {
            connection.getOutputStream().write(answer.get().getBytes(US_ASCII));
            connection.shutdownOutput();
            connection.getInputStream().transferTo(OutputStream.nullOutputStream());
        })) {
            String url = "http://127.0.0.1:" + server.address().getPort() + "/";
            OAuth2Tokens tokens = OAuth2Tokens.clientCredentials(url, "id", "s3cret", "mail", clock::nanos);
            assertThat(tokens.token()).isEqualTo("t0ken");
            answer.set(noise);
            clock.pass(Duration.ofSeconds(900));
            for (int i = 0; i < 5; i++) {
                assertThat(tokens.token()).isEqualTo("t0ken");
            }
            assertThat(server.connections()).hasSize(2);
        }
        assertThat(log.lines(Level.WARN)).singleElement().asString().contains("the response is not HTTP", "valid");
    }

    @Test
    void whatever_fails_is_told_by_its_type_and_tried_again_after_a_pause() {
        AtomicInteger asked = new AtomicInteger();
        TokenCache cache = new TokenCache(
                "login.test",
                () -> {
                    asked.incrementAndGet();
                    throw new IllegalStateException("s3cret");
                },
                Duration.ofSeconds(10),
                clock::nanos);
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(cache::token)
                    .isInstanceOf(TokenException.class)
                    .hasMessage("login.test: the server cannot be asked: java.lang.IllegalStateException");
        }
        assertThat(asked).hasValue(1);
        assertThat(log.lines(Level.WARN)).hasSize(1);
        clock.pass(Duration.ofSeconds(1));
        assertThatThrownBy(cache::token).isInstanceOf(TokenException.class);
        assertThat(asked).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"head.s3cret-payload~=.mark", "ret-payload", "head.s3cret-payload%7E%3D.mark"})
    void what_a_server_quotes_of_a_parameter_is_not_repeated(String quoted) {
        try (TokenServer server = TokenServer.start()) {
            server.answers(Answer.error(401, "invalid_client", "wrong assertion: " + quoted));
            OAuth2Tokens tokens = OAuth2Tokens.refreshToken(server.url(), "id", "refresh-0000", clock::nanos)
                    .parameter("client_assertion", "head.s3cret-payload~=.mark");
            assertThatThrownBy(tokens::token).message().endsWith("the server answers 401 invalid_client");
        }
    }

    @Test
    void what_a_server_says_of_scope_and_audience_is_told() {
        try (TokenServer server = TokenServer.start()) {
            server.answers(Answer.error(400, "invalid_scope", "mail.send is not for mail.example.org"));
            OAuth2Tokens tokens = OAuth2Tokens.refreshToken(server.url(), "id", "refresh-0000", clock::nanos)
                    .scope("mail.send")
                    .parameter("audience", "mail.example.org");
            assertThatThrownBy(tokens::token).hasMessageContaining("(mail.send is not for mail.example.org)");
        }
    }
}
