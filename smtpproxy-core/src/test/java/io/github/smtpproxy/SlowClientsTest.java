package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that feed an octet now and then, and sessions that last too long, are ended in time. */
class SlowClientsTest extends ProxyTest {

    /** Far above what an octet now and then is, and a client may be behind by a second. */
    private static final Timeouts RATED = Timeouts.defaults().minimumRate(1_000).dataBlock(Duration.ofSeconds(1));

    private final ScheduledExecutorService feeder = Executors.newSingleThreadScheduledExecutor();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        feeder.shutdownNow();
    }

    private Dialogue client(Timeouts timeouts, boolean filtered) {
        destination.takesChunks();
        SmtpProxyBuilder builder = proxy().timeouts(timeouts).listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        ContentFilter opens =
                ContentFilters.changing(m -> m.withHeaders(m.headers().prepend("X", "y")));
        return clientOf(filtered ? builder.filter(opens) : builder).greets();
    }

    /** An octet each 50 ms, as long as the proxy takes them. */
    private void feeds(Dialogue client) {
        feeder.scheduleAtFixedRate(() -> client.sends("x"), 0, 50, TimeUnit.MILLISECONDS);
    }

    private void assertAborted() {
        await().until(() -> !outcomes.isEmpty());
        assertThat(outcomes.get(0).result()).isEqualTo(Outcome.Result.ABORTED);
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void a_message_that_comes_slower_than_the_minimum_rate_ends_the_session(boolean chunks, boolean filtered) {
        Dialogue client = client(RATED, filtered).envelope();
        if (chunks) {
            client.sends("BDAT 1000000 LAST\r\nSubject: slow\r\n\r\n");
        } else {
            client.says("DATA").hears("354").sends("Subject: slow\r\n\r\n");
        }
        feeds(client);
        client.hearsLine("421 4.4.2 Message comes too slowly");
        assertAborted();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chunks_of_an_octet_now_and_then_are_no_message_that_keeps_the_rate(boolean filtered) {
        Dialogue client = client(RATED, filtered).envelope();
        client.sends("BDAT 18\r\nSubject: slow\r\n\r\nx").hears("250");
        feeder.scheduleAtFixedRate(() -> client.sends("BDAT 1\r\nx"), 0, 50, TimeUnit.MILLISECONDS);
        await().until(() -> client.reply().get(0).equals("421 4.4.2 Message comes too slowly"));
        assertAborted();
    }

    @Test
    void a_command_line_that_does_not_end_does_too() {
        Dialogue client = client(RATED, false);
        feeds(client);
        client.hearsLine("421 4.4.2 Line comes too slowly");
    }

    @Test
    void silence_between_commands_is_no_slowness() {
        Dialogue client = client(Timeouts.defaults().minimumRate(1_000_000).dataBlock(Duration.ofMillis(20)), false);
        client.says("NOOP").hears("250");
        await().pollDelay(Duration.ofMillis(200)).until(() -> true);
        client.says("NOOP").hears("250");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_message_that_a_throttle_slows_is_not_the_clients_slowness(boolean chunks) {
        destination.takesChunks();
        SmtpProxyBuilder slowed = proxy().timeouts(RATED.minimumRate(100_000))
                .throttle(step -> step instanceof Step.Data ? Pace.grant(1_000, Duration.ofMillis(30)) : Pace.go());
        Dialogue client = clientOf(slowed).greets().envelope();
        String body = "x".repeat(78) + "\r\n";
        String message = "Subject: a\r\n\r\n" + body.repeat(1_000);
        if (chunks) {
            client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("250");
        } else {
            client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        }
        assertThat(destination.messages()).containsExactly(message);
    }

    @Test
    void a_session_that_lasts_too_long_is_ended_however_busy_it_is() {
        Dialogue client = client(Timeouts.defaults().session(Duration.ofMillis(500)), false);
        await().until(() -> {
            client.sends("NOOP\r\n");
            return !client.reply().get(0).startsWith("250");
        });
        client.hearsTheEnd();
    }

    @Test
    void a_transaction_that_lasts_too_long_ends_the_session_and_one_after_the_other_does_not() {
        Dialogue client = client(Timeouts.defaults().transaction(Duration.ofMillis(700)), false);
        client.envelope().says("RSET").hears("250").envelope();
        client.hearsLine("421 4.4.2 Transaction takes too long").hearsTheEnd();
        await().until(() -> outcomes.size() == 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_message_is_part_of_its_transaction(boolean chunks) {
        Dialogue client = client(Timeouts.defaults().transaction(Duration.ofSeconds(1)), false)
                .envelope();
        if (chunks) {
            client.sends("BDAT 1000000 LAST\r\nSubject: slow\r\n\r\n");
        } else {
            client.says("DATA").hears("354").sends("Subject: slow\r\n\r\n");
        }
        feeds(client);
        client.hears("421 4.4.2");
        assertAborted();
    }
}
