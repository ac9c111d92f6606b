package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.clamav.ScanWithClamAv;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.spamassassin.ScanWithSpamAssassin;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.FaultyDaemon;
import io.github.smtpproxy.testing.FaultyDaemon.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Daemons × faults: each gives what was set for it within its time, leaves nothing, and the session goes on. */
@Timeout(120)
class DaemonFaultsTest extends ProxyTest {

    private static final Duration LIMIT = Duration.ofMillis(200);
    private static final String MESSAGE = "Subject: a\r\n\r\nhello\r\n";
    private static final String JSON =
            "{\"action\":\"no action\",\"score\":1.0,\"required_score\":15.0,\"symbols\":{}}";

    /** How each is made, and what it answers where nothing is wrong. */
    enum Kind {
        CLAMD("stream: OK\0", d -> scanner(ScanWithClamAv.at(host(d)))),
        SPAMD(
                "SPAMD/1.1 0 EX_OK\r\nSpam: False ; -1 / 5\r\n\r\nX-Spam-Status: No\r\n",
                d -> scanner(ScanWithSpamAssassin.at(host(d)))),
        RSPAMD(
                "HTTP/1.1 200 OK\r\nContent-Length: " + JSON.length() + "\r\n\r\n" + JSON,
                d -> scanner(ScanWithRspamd.at("http://" + host(d)))),
        POLICY(
                "action=DUNNO\n\n",
                d -> when -> AskPolicy.at(host(d)).within(LIMIT).whenDown(when).exempt(Clients.none()));

        private final String answer;
        private final Function<FaultyDaemon, Function<WhenDown, Filter>> make;

        Kind(String answer, Function<FaultyDaemon, Function<WhenDown, Filter>> make) {
            this.answer = answer;
            this.make = make;
        }

        private static String host(FaultyDaemon daemon) {
            return "127.0.0.1:" + daemon.address().getPort();
        }

        private static <S extends ScanWith<S>> Function<WhenDown, Filter> scanner(S scanner) {
            return when -> scanner.exempt(Clients.none()).within(LIMIT).whenDown(when);
        }
    }

    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    static Stream<Arguments> cells() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(Fault.values())
                        .filter(fault -> fault != Fault.ANSWERS_EARLY)
                        .flatMap(fault -> Stream.of(WhenDown.values())
                                .flatMap(when -> Stream.of(false, true)
                                        .map(chunks -> Arguments.of(kind, fault, when, chunks)))));
    }

    private FaultyDaemon daemon(Kind kind, Fault fault, String answer) {
        FaultyDaemon daemon = FaultyDaemon.start(fault, answer);
        opened.add(daemon);
        return daemon;
    }

    private Filter filter(Kind kind, FaultyDaemon daemon, WhenDown when) {
        Filter filter = kind.make.apply(daemon).apply(when);
        if (filter instanceof AutoCloseable closeable) {
            opened.add(0, closeable);
        }
        return filter;
    }

    private static Dialogue send(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    @ParameterizedTest
    @MethodSource("cells")
    void each_cell(Kind kind, Fault fault, WhenDown when, boolean chunks) {
        FaultyDaemon daemon = daemon(kind, fault, kind.answer);
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client =
                    clientOf(proxy().filter(filter(kind, daemon, when))).greets();
            for (int i = 0; i < 2; i++) {
                client.says("MAIL FROM:<a@client.test>").hears("250").says("RCPT TO:<b@dest.test>");
                if (kind == Kind.POLICY && when == WhenDown.DEFER) {
                    client.hears("451 4.3.5 Server configuration problem (")
                            .says("RSET")
                            .hears("250");
                } else {
                    send(client.hears("250"), chunks, MESSAGE)
                            .hears(
                                    when == WhenDown.PASS
                                            ? "250"
                                            : "451 4.7.1 Cannot scan the message, try again later (");
                }
            }
            client.says("QUIT").hears("221");
            assertThat(log.lines(Level.WARN)).hasSizeGreaterThanOrEqualTo(2);
            assertThat(log.traces()).isEmpty();
        }
        assertThat(destination.messages()).hasSize(when == WhenDown.PASS ? 2 : 0);
        await().until(daemon::isDone);
    }

    @ParameterizedTest
    @CsvSource({
        "CLAMD, PASS, 250, false",
        "CLAMD, DEFER, 451 4.7.1 Message is too large to be scanned (, true",
        "CLAMD, REFUSE, 552 5.3.4 Message is too large to be scanned (, false",
        "SPAMD, PASS, 250, true",
        "SPAMD, DEFER, 451 4.7.1, false",
        "SPAMD, REFUSE, 552 5.3.4, true",
        "RSPAMD, PASS, 250, false",
        "RSPAMD, DEFER, 451 4.7.1, true",
        "RSPAMD, REFUSE, 552 5.3.4, false",
    })
    void a_message_that_is_too_large(Kind kind, WhenTooLarge then, String reply, boolean chunks) {
        FaultyDaemon daemon = daemon(kind, Fault.DOWN, "");
        ScanWith<?> scanner = (ScanWith<?>) filter(kind, daemon, WhenDown.DEFER);
        Dialogue client = clientOf(proxy().filter(scanner.largest(20, then))).greets();
        send(client.envelope(), chunks, MESSAGE).hears(reply);
        client.envelope();
        assertThat(destination.messages()).hasSize(then == WhenTooLarge.PASS ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({
        "CLAMD, 'INSTREAM size limit exceeded. ERROR\0', 250",
        "CLAMD, 'stream: Can''t allocate memory ERROR\0', 451 4.7.1 Cannot",
        "SPAMD, 'SPAMD/1.1 69 EX_UNAVAILABLE\r\n\r\n', 451 4.7.1 Cannot",
        "RSPAMD, 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n', 250",
        "RSPAMD, 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 451 4.7.1 Cannot",
        "RSPAMD, 'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"error\":\"no task\"}', 451 4.7.1 Cannot",
    })
    void what_a_daemon_says_itself(Kind kind, String answer, String reply) {
        FaultyDaemon daemon = daemon(kind, Fault.ANSWERS_EARLY, answer);
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy().filter(filter(kind, daemon, WhenDown.DEFER)))
                    .greets();
            send(
                            client.envelope(),
                            false,
                            "Subject: a\r\n\r\n" + "line\r\n".repeat(kind == Kind.SPAMD ? 1_000 : 200_000))
                    .hears(reply);
            assertThat(log.traces()).isEmpty();
        }
        await().until(daemon::isDone);
    }
}
