package io.github.smtpproxy.oauth2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.route.TokenException;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.testing.TokenServer;
import io.github.smtpproxy.testing.TokenServer.Answer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Refresh tokens that are valid once: a new one is never lost. */
class TokenRotationTest {

    private final TokenServer server = TokenServer.start();
    private final SetClock clock = new SetClock();
    private final List<String> stored = new CopyOnWriteArrayList<>();

    private OAuth2Tokens refreshing() {
        return OAuth2Tokens.refreshToken(server.url(), "id", "refresh-token-0", clock::nanos);
    }

    @AfterEach
    void end() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'access_token':'t0ken','expires_in':0",
                "'access_token':'t0ken','token_type':'mac'",
                "'access_token':'two words'",
                "'scope':'mail'"
            })
    void it_is_kept_when_the_access_token_that_comes_along_cannot_be_used(String others) {
        server.answers(Answer.ok(("{'refresh_token':'refresh-token-1'," + others + "}").replace('\'', '"')));
        OAuth2Tokens tokens = refreshing().onRotation(stored::add);
        assertThatThrownBy(tokens::token).isInstanceOf(TokenException.class);
        server.answers(Answer.token("t0ken", 60));
        clock.pass(Duration.ofMinutes(5));
        assertThat(tokens.token()).isEqualTo("t0ken");
        assertThat(server.requests().get(1)).containsEntry("refresh_token", "refresh-token-1");
        assertThat(stored).containsExactly("refresh-token-1");
    }

    @Test
    void a_store_that_hangs_holds_up_one_login_and_learns_of_the_newest_token_in_the_end() throws Exception {
        AtomicInteger given = new AtomicInteger();
        server.answers(form -> Answer.rotated("t0ken", "refresh-token-" + given.incrementAndGet()));
        CountDownLatch held = new CountDownLatch(1);
        OAuth2Tokens tokens = refreshing().onRotation(token -> {
            stored.add(token);
            await(held);
        });
        CompletableFuture<String> first = CompletableFuture.supplyAsync(tokens::token);
        Awaitility.await().until(() -> stored.size() == 1);
        for (int i = 0; i < 3; i++) {
            assertThat(tokens.token()).isEqualTo("t0ken");
            clock.pass(Duration.ofHours(1));
        }
        assertThat(stored).containsExactly("refresh-token-1");
        held.countDown();
        assertThat(first.get(1, TimeUnit.MINUTES)).isEqualTo("t0ken");
        assertThat(stored).containsExactly("refresh-token-1", "refresh-token-3");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_store_may_ask_for_a_token() {
        AtomicInteger given = new AtomicInteger();
        server.answers(form -> Answer.rotated("t0ken", "refresh-token-" + given.incrementAndGet()));
        AtomicReference<OAuth2Tokens> itself = new AtomicReference<>();
        itself.set(refreshing().onRotation(token -> {
            stored.add(token);
            if (stored.size() == 1) {
                clock.pass(Duration.ofHours(1));
                stored.add(itself.get().token());
            }
        }));
        assertThat(itself.get().token()).isEqualTo("t0ken");
        assertThat(stored).containsExactly("refresh-token-1", "t0ken", "refresh-token-2");
    }
}
