package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.LimitBandwidth;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages pass at the rate that was set, smoothly. */
class LimitBandwidthTest extends ProxyTest {

    private static final Endpoint PASSING = ENDPOINT.unseen(Unseen.passStartTls());

    private Dialogue client(LimitBandwidth bandwidth, boolean filtered) {
        destination.takesChunks();
        SmtpProxyBuilder builder = proxy().throttle(bandwidth);
        return clientOf(filtered ? builder.filter(ContentFilters.changing(m -> read(m))) : builder)
                .greets()
                .envelope();
    }

    private static String text(int octets) {
        return "A: b\r\n\r\n" + ("x".repeat(62) + "\r\n").repeat(octets / 64);
    }

    private Dialogue inTls(SmtpProxyBuilder builder) {
        destination.startTls(Certificate.LOCAL.shown());
        return clientOf(builder)
                .greets()
                .says("STARTTLS")
                .hears("220")
                .secures(Certificate.LOCAL.trusted())
                .says("EHLO again.test")
                .hears("250")
                .envelope()
                .says("DATA")
                .hears("354");
    }

    @Test
    void a_message_in_tls_that_passes_takes_its_time_too() {
        Dialogue client = inTls(proxy(PASSING).throttle(LimitBandwidth.to(65_536)));
        String message = text(131_072);
        long began = System.nanoTime();
        client.sends(message + ".\r\n").hears("250");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(1_700));
        assertThat(destination.messages()).containsExactly(message);
    }

    @Test
    void a_throttle_is_asked_for_each_octet_that_passes_once() {
        List<Long> granted = new CopyOnWriteArrayList<>();
        List<Long> passed = new CopyOnWriteArrayList<>();
        Throttle throttle = step -> {
            if (step instanceof Step.Opaque opaque) {
                granted.add(Math.min(1_000, opaque.octets()));
                return Pace.grant(1_000);
            }
            return Pace.go();
        };
        ProxyListener listener = new ProxyListener() {
            @Override
            public void opaqueEnded(Session session, long fromClient, long fromDestination, Duration duration) {
                passed.add(fromClient);
            }
        };
        Dialogue client = inTls(proxy(PASSING).throttle(throttle).listener(listener));
        client.sends(text(300_000) + ".\r\n")
                .hears("250")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        await().until(() -> passed.size() == 1);
        assertThat(granted.stream().mapToLong(Long::longValue).sum())
                .isEqualTo(passed.get(0))
                .isGreaterThan(300_000);
    }

    @Test
    void a_throttle_that_refuses_such_octets_is_not_heard() {
        Dialogue client = inTls(proxy(PASSING)
                .throttle(step ->
                        step instanceof Step.Opaque ? Pace.refuse(Reply.refusal(450, "4.7.1", "no")) : Pace.go()));
        client.sends(text(1_000) + ".\r\n").hears("250");
    }

    private static Message read(Message message) {
        return message.keepUpTo(Long.MAX_VALUE) ? message : message;
    }

    @ParameterizedTest
    @CsvSource({
        "1024, 3, false, false",
        "1024, 3, true, false",
        "65536, 2, false, false",
        "1048576, 2, true, false",
        "10485760, 2, false, false",
        "10485760, 2, true, false",
        "1048576, 1, false, true",
        "1048576, 1, true, true"
    })
    void a_message_takes_its_size_divided_by_the_bandwidth(
            long octetsPerSecond, int seconds, boolean chunks, boolean kept) {
        Dialogue client = client(LimitBandwidth.to(octetsPerSecond), kept);
        String line = "x".repeat(62) + "\r\n";
        String message = "A: b\r\n\r\n" + line.repeat((int) (octetsPerSecond * seconds / 64));
        long began = System.nanoTime();
        if (chunks) {
            client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("250");
        } else {
            client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        }
        double took = Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
        // one that is kept arrives at this rate, and then leaves at this rate
        double expected = kept ? 2 * seconds : seconds;
        // a busy machine may take longer
        assertThat(took).isBetween(0.9 * expected - 0.1, 1.1 * expected + 3);
        assertThat(destination.messages()).containsExactly(message);
    }
}
