package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One of the two goes, at each step, whatever looks at the message: nothing is delivered that the client did not send to
 * its end, and nothing is left, which is what each test here and elsewhere ends with.
 */
class NothingLeftTest extends ProxyTest {

    private static final Duration SOON = Duration.ofMillis(100);
    private static final Timeouts SHORT =
            Timeouts.defaults().command(SOON).dataCommand(SOON).finalDot(SOON);
    private static final String BODY = "Subject: x\r\n\r\n" + "one more line of a message\r\n".repeat(10_000);
    private static final int MIDDLE = BODY.length() / 2;

    /** What the client sends, and the event of the destination's script that follows from it. */
    private enum Step {
        EHLO("EHLO client.test\r\n", "EHLO"),
        MAIL("MAIL FROM:<a@client.test>\r\n", "MAIL"),
        RCPT("RCPT TO:<b@dest.test>\r\n", "RCPT"),
        DATA("DATA\r\n", "DATA"),
        BODY_HALF(BODY.substring(0, MIDDLE), "body"),
        DOT(BODY.substring(MIDDLE) + ".\r\n", ".");

        private final String sent;
        private final String event;

        Step(String sent, String event) {
            this.sent = sent;
            this.event = event;
        }

        boolean isAnswered() {
            return this != BODY_HALF;
        }
    }

    private enum Going {
        CLOSES {
            @Override
            void go(Dialogue client) {
                client.closes();
            }
        },
        RESETS {
            @Override
            void go(Dialogue client) {
                client.resets();
            }
        };

        abstract void go(Dialogue client);
    }

    static Stream<Arguments> clientGoes() {
        return rows(List.of(Going.values()));
    }

    static Stream<Arguments> destinationGoes() {
        return rows(List.of(Fault.CLOSE, Fault.RESET));
    }

    private static Stream<Arguments> rows(List<?> ways) {
        return Arrays.stream(Step.values())
                .flatMap(step -> ways.stream()
                        .flatMap(way ->
                                Arrays.stream(Looking.values()).map(looking -> Arguments.of(step, way, looking))));
    }

    private SmtpProxy watched(Looking looking, Timeouts timeouts) {
        return started(looking.in(proxy(ENDPOINT.spool(1_000, 10_000_000)).timeouts(timeouts)));
    }

    /** Up to this step, whose answer is not waited for. */
    private static void playTo(Step last, Dialogue client) {
        client.hears("220");
        for (Step step : Step.values()) {
            client.sends(step.sent);
            if (step == last) {
                return;
            }
            if (step.isAnswered()) {
                client.hears(step == Step.DATA ? "354" : "250");
            }
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("clientGoes")
    void a_client_that_goes_leaves_nothing(Step at, Going going, Looking looking) {
        Dialogue client = clientOf(watched(looking, Timeouts.defaults()));
        playTo(at, client);
        going.go(client);
        await().until(() -> destination.openConnections() == 0);
        if (at != Step.DOT) {
            assertThat(destination.messages()).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("clientGoes")
    void a_client_that_goes_while_the_destination_says_nothing_leaves_nothing(Step at, Going going, Looking looking) {
        destination.on(at.event).fail(Fault.STALL);
        Dialogue client = clientOf(watched(looking, SHORT));
        playTo(at, client);
        going.go(client);
        await().until(() -> destination.openConnections() == 0);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("destinationGoes")
    void a_destination_that_goes_leaves_nothing(Step at, Fault fault, Looking looking) {
        destination.on(at.event).fail(fault);
        Dialogue client = clientOf(watched(looking, Timeouts.defaults())).hears("220");
        String last = "";
        for (Step step : Step.values()) {
            client.sends(step.sent);
            if (step.isAnswered()) {
                last = client.reply().get(0);
                if (last.startsWith("4")) {
                    break;
                }
            }
        }
        assertThat(last).as(client.transcript()).startsWith("4");
        assertThat(destination.messages()).hasSize(at == Step.DOT ? 1 : 0);
    }
}
