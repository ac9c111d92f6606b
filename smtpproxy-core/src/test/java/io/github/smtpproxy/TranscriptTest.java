package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What those who watch the lines of the protocol read, and what they must not. */
class TranscriptTest extends ProxyTest {

    private static final String SECRET = "AGFsaWNlAG9wZW4gc2VzYW1l";

    private final Logger protocol = (Logger) LoggerFactory.getLogger("io.github.smtpproxy.protocol");
    private final Logger all = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final AtomicReference<String> first = new AtomicReference<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        all.addAppender(log);
        all.setAdditive(false);
        all.setLevel(Level.TRACE);
    }

    @AfterEach
    void listenNoMore() {
        all.setLevel(null);
        all.setAdditive(true);
        all.detachAppender(log);
    }

    private SmtpProxyBuilder written() {
        return proxy().transcript((session, lane, fromProxy, line) ->
                lines.add(named(session) + " " + lane + (fromProxy ? " < " : " > ") + line));
    }

    /** As if it were the first session of all. */
    private String named(String session) {
        first.compareAndSet(null, session);
        return session.equals(first.get()) ? "s1" : session;
    }

    private List<String> logged() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    private List<String> traced() {
        return log.list.stream()
                .filter(e -> e.getLoggerName().equals(protocol.getName()) && e.getLevel() == Level.TRACE)
                .map(e -> named((String) e.getArgumentArray()[0])
                        + e.getFormattedMessage().substring(((String) e.getArgumentArray()[0]).length()))
                .toList();
    }

    @Test
    void both_conversations_are_written_and_traced_with_the_sessions_id() {
        clientOf(written()).greets().says("QUIT").hears("221").hearsTheEnd();
        assertThat(lines)
                .contains(
                        "s1 CLIENT < 220 dest.test ESMTP",
                        "s1 CLIENT > EHLO client.test",
                        "s1 DESTINATION < EHLO client.test",
                        "s1 DESTINATION > 250 HELP",
                        "s1 CLIENT > QUIT")
                .doesNotHaveDuplicates();
        assertThat(traced()).containsExactlyElementsOf(lines);
    }

    @ParameterizedTest
    @ValueSource(strings = {"250 2.0.0 Accepted twice", "421 4.3.2 dest.test goes down", "554 5.7.1 Spam"})
    void a_reply_behind_the_one_to_the_end_of_data_is_written_once(String behind) {
        destination.on(".").reply("250 2.0.0 Accepted", behind);
        clientOf(written())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears(behind.startsWith("5") ? "451 4.4.2 " : "250 2.0.0 Accepted")
                .says("NOOP")
                .hears(behind.startsWith("5") ? "250" : "421");
        assertThat(lines).containsOnlyOnce("s1 DESTINATION > " + behind);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AUTH PLAIN ", "auth plain ", "AuTh\tPLAIN ", "AUTH  XOAUTH2 ", "AUTH=", " AUTH PLAIN "})
    void what_stands_behind_auth_is_written_nowhere(String verb) {
        clientOf(written())
                .greets()
                .says(verb + SECRET)
                .hears("50")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(lines).contains("s1 CLIENT > AUTH (redacted)").noneMatch(l -> l.contains(SECRET));
        assertThat(traced()).containsExactlyElementsOf(lines);
        assertThat(logged()).isNotEmpty().noneMatch(l -> l.contains(SECRET));
    }

    @Test
    void the_longest_auth_line_is_written_nowhere() {
        clientOf(written())
                .greets()
                .says("AUTH PLAIN " + SECRET.repeat(500))
                .hears("50")
                .says("AUTH PLAIN " + SECRET.repeat(1_000))
                .hears("500 5.5.6 ")
                .says("NOOP")
                .hears("250");
        assertThat(logged()).isNotEmpty().noneMatch(l -> l.contains(SECRET));
        assertThat(lines).isNotEmpty().noneMatch(l -> l.contains(SECRET));
    }

    @Test
    void what_is_no_printable_ascii_is_escaped() {
        clientOf(written()).greets().says("NOOP a\u001b[2Jb\u00e9\\").hears("250");
        assertThat(lines).contains("s1 CLIENT > NOOP a\\x1B[2Jb\\xE9\\\\");
        assertThat(logged()).noneMatch(l -> l.contains("\u001b"));
    }

    @Test
    void a_transcript_that_throws_does_not_end_the_session() {
        AtomicInteger asked = new AtomicInteger();
        clientOf(proxy().transcript((session, lane, fromProxy, line) -> {
                            asked.incrementAndGet();
                            throw new IllegalStateException("full");
                        })
                        .transcript((session, lane, fromProxy, line) -> lines.add(line)))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(lines).hasSize(asked.get()).contains("QUIT");
        await().untilAsserted(
                        () -> assertThat(logged()).anyMatch(l -> l.contains(" failed at a line of the transcript")));
    }
}
