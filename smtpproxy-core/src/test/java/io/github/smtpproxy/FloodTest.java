package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Flood;
import io.github.smtpproxy.testing.Flood.Manner;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitRate;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Floods of clients that feed an octet now and then, or that only connect: they end in the time that the minimum rate says, and
 * a good client delivers meanwhile, one message after the other. {@code -Dsmtpproxy.flood.clients} says how many there are at
 * any time, {@code -Dsmtpproxy.flood.pause} the milliseconds between two octets.
 */
class FloodTest extends ProxyTest {

    private static final int CLIENTS = Integer.getInteger("smtpproxy.flood.clients", 200);
    private static final Duration PAUSE = Duration.ofMillis(Integer.getInteger("smtpproxy.flood.pause", 100));
    /** Between two connections of those who do not stay, who are not to be more than a busy machine can take. */
    private static final Duration RETURN = PAUSE.multipliedBy(10);

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String GOOD = "127.0.0.2";
    private static final String MAIL = "EHLO f\r\nMAIL FROM:<a@flood.test>\r\nRCPT TO:<b@dest.test>\r\n";

    /** Far more than an octet now and then, and who is behind by some of them ends. */
    private static final Timeouts TIMEOUTS =
            Timeouts.defaults().minimumRate(1_000).dataBlock(PAUSE.multipliedBy(20));

    private int delivered;

    /** What a client of the flood has sent when it begins to feed. */
    enum Phase {
        COMMAND("EHLO f\r\n"),
        DATA(MAIL + "DATA\r\n"),
        CHUNK(MAIL + "BDAT 1000000 LAST\r\n");

        private final String begin;

        Phase(String begin) {
            this.begin = begin;
        }
    }

    private SmtpProxy start(Timeouts timeouts, Rate connections) {
        destination.takesChunks();
        LimitRate limit = LimitRate.of(Counted.CONNECTIONS).to(connections);
        Throttle others =
                step -> step.session().remoteAddress().getHostString().equals(GOOD) ? Pace.go() : limit.before(step);
        return started(proxy(ENDPOINT.maxConnections(3 * CLIENTS + 100))
                .timeouts(timeouts)
                .throttle(others));
    }

    /** By a client that has another address. */
    private void deliver(InetSocketAddress proxy) throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(GOOD, 0));
            socket.connect(proxy);
            Dialogue client = Dialogue.on(socket).greets().envelope();
            client.says("DATA").hears("354").sends("Subject: good\r\n\r\n.\r\n").hears("250");
            client.says("QUIT").hears("221");
        }
        delivered++;
    }

    /** Until as many clients of the flood have ended as there are at a time. */
    private void deliverThroughout(Flood flood, InetSocketAddress proxy) throws IOException {
        do {
            deliver(proxy);
        } while (flood.ended() < CLIENTS);
    }

    private void assertDelivered() {
        assertThat(destination.messages()).hasSize(delivered).allMatch("Subject: good\r\n\r\n"::equals);
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void clients_that_feed_an_octet_now_and_then_are_ended_while_they_feed(Phase phase) throws Exception {
        SmtpProxy proxy = start(TIMEOUTS, Rate.parse("1000/s, burst " + 10 * CLIENTS));
        try (Flood flood = Flood.of(CLIENTS, Manner.FEEDS, phase.begin, PAUSE, proxy.address())) {
            deliverThroughout(flood, proxy.address());
            flood.comesNoMore();
            await().atMost(LONG).until(() -> proxy.activeSessions() == 0);
        }
        assertDelivered();
    }

    @Test
    void clients_that_connect_and_leave_or_stay_silent_are_limited_and_ended() throws Exception {
        SmtpProxy proxy = start(TIMEOUTS.clientCommand(Duration.ofSeconds(4)), Rate.parse("1/h, burst " + CLIENTS / 2));
        try (Flood silent = Flood.of(CLIENTS, Manner.IS_SILENT, "", RETURN, proxy.address());
                Flood leaving = Flood.of(CLIENTS, Manner.LEAVES, "", RETURN, proxy.address())) {
            deliverThroughout(silent, proxy.address());
            deliverThroughout(leaving, proxy.address());
            silent.comesNoMore();
            leaving.comesNoMore();
            await().atMost(LONG).until(() -> proxy.activeSessions() == 0);
        }
        assertDelivered();
        assertThat(destination.connections()).isLessThanOrEqualTo(CLIENTS / 2 + 1 + delivered);
    }
}
