package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttling.LimitBandwidth;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages pass at the rate that was set, smoothly. */
class LimitBandwidthTest extends ProxyTest {

    private Dialogue client(LimitBandwidth bandwidth, boolean filtered) {
        destination.takesChunks();
        SmtpProxyBuilder builder = proxy().throttle(bandwidth);
        return clientOf(filtered ? builder.filter(ContentFilters.changing(m -> read(m))) : builder)
                .greets()
                .envelope();
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
