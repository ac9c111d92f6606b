package io.github.smtpproxy;

import static io.github.smtpproxy.throttle.ProtocolViolation.BARE_LINE_END;
import static io.github.smtpproxy.throttle.ProtocolViolation.EARLY_TALK;
import static io.github.smtpproxy.throttle.ProtocolViolation.JUNK_BEFORE_HELLO;
import static io.github.smtpproxy.throttle.ProtocolViolation.NOT_SMTP;
import static io.github.smtpproxy.throttle.ProtocolViolation.PIPELINING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Throttles are asked about each client that does not keep to the protocol as mail servers do. */
class ProtocolViolationTest extends ProxyTest {

    private static final Duration DELAY = Duration.ofSeconds(1);
    private static final Reply NO = Reply.refusal(554, "5.5.1", "Protocol error");

    private final List<ProtocolViolation> found = new CopyOnWriteArrayList<>();
    private final List<Step> ended = new CopyOnWriteArrayList<>();

    /** Delays the greeting, and answers to violations. */
    private Dialogue client(Duration delay, Pace answer) {
        return clientOf(proxy().throttle(new Throttle() {
            @Override
            public Pace before(Step step) {
                if (step instanceof Step.Violation violation) {
                    found.add(violation.kind());
                    return answer;
                }
                return step instanceof Step.Connect ? Pace.after(delay) : Pace.go();
            }

            @Override
            public void ended(Step step) {
                ended.add(step);
            }
        }));
    }

    private Dialogue greeted(Pace answer) {
        Dialogue client = client(Duration.ZERO, answer);
        client.hears("220");
        return client;
    }

    @Test
    void a_client_that_speaks_before_the_greeting_can_be_refused_by_it() {
        Dialogue client = client(DELAY, Pace.refuse(NO)).sends("EHLO early.test\r\n");
        client.hearsLine("554 5.5.1 Protocol error").hears("503");
        client.says("MAIL FROM:<a@client.test>")
                .hears("503")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(found).containsExactly(EARLY_TALK);
        assertThat(destination.connections()).isZero();
        await().until(() -> ended.size() == 1);
    }

    @Test
    void one_that_is_only_noted_goes_on_and_its_early_commands_count() {
        Dialogue client = client(DELAY, Pace.go()).sends("EHLO early.test\r\n");
        client.hears("220").hears("250");
        client.envelope().says("QUIT").hears("221");
        assertThat(found).containsExactly(EARLY_TALK);
    }

    @Test
    void one_that_waits_is_greeted_after_the_delay() {
        client(DELAY, Pace.refuse(NO)).greets().envelope().says("QUIT").hears("221");
        assertThat(found).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO a.test\r\nMAIL FROM:<a@client.test>\r\n",
                "HELO a.test\r\nMAIL FROM:<a@client.test>\r\n",
                "NOOP\r\nNOOP\r\n"
            })
    void a_group_before_it_was_offered_is_a_violation(String group) {
        Dialogue client = greeted(Pace.go()).sends(group);
        client.hears("250").hears("2");
        assertThat(found).containsExactly(PIPELINING);
    }

    @Test
    void a_group_where_it_is_not_offered_is_one() {
        destination.on("EHLO").reply("250-dest.test", "250 SIZE");
        Dialogue client = greeted(Pace.go()).says("EHLO a.test");
        client.hears("250").sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n");
        client.hears("250").hears("250").says("QUIT").hears("221");
        assertThat(found).containsExactly(PIPELINING);
    }

    @Test
    void commands_behind_one_that_ends_a_group_are_one() {
        Dialogue client = greeted(Pace.refuse(NO)).says("EHLO a.test").hears("250");
        client.envelope().sends("DATA\r\nSubject: early\r\n\r\n.\r\n");
        client.hearsLine("554 5.5.1 Protocol error");
        assertThat(found).first().isEqualTo(PIPELINING);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void groups_that_are_allowed_are_none() {
        destination.takesChunks();
        Dialogue client = greeted(Pace.refuse(NO)).says("EHLO a.test").hears("250");
        client.sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\nDATA\r\n");
        client.hears("250").hears("250").hears("354").sends("Subject: a\r\n\r\n.\r\nRSET\r\nNOOP\r\n");
        client.hears("250").hears("250").hears("250");
        client.sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\nBDAT 6 LAST\r\nA: b\r\nQUIT\r\n");
        client.hears("250").hears("250").hears("250").hears("221");
        assertThat(found).isEmpty();
    }

    @Test
    void junk_is_one_before_ehlo_and_after_it() {
        Dialogue client =
                greeted(Pace.go()).says("XYZZY").hears("5").says("EXPN a").hears("5");
        client.says("EHLO a.test")
                .hears("250")
                .says("XYZZY")
                .hears("5")
                .says("EXPN a")
                .hears("5");
        assertThat(found).containsExactly(JUNK_BEFORE_HELLO, NOT_SMTP);
    }

    @Test
    void empty_lines_and_verbs_of_extensions_are_none() {
        destination
                .on("EHLO")
                .reply("250-dest.test", "250-XSPECIAL", "250 ETRN")
                .on("XSPECIAL")
                .reply("250 Done");
        Dialogue client = greeted(Pace.refuse(NO)).says("").hears("5").says("EHLO a.test");
        client.hears("250").says("").hears("5").says("ETRN dest.test").hears("5");
        assertThat(found).isEmpty();
    }

    @Test
    void a_refusal_takes_the_place_of_the_command() {
        Dialogue client = greeted(Pace.refuse(NO)).says("EHLO a.test").hears("250");
        client.says("XYZZY").hearsLine("554 5.5.1 Protocol error").says("NOOP").hears("250");
        assertThat(destination.heard("XYZZY")).isEmpty();
    }

    @Test
    void a_421_ends_the_session() {
        Dialogue client = greeted(Pace.refuse(Reply.refusal(421, "4.7.0", "Enough")));
        client.says("XYZZY").hearsLine("421 4.7.0 Enough").hearsTheEnd();
    }

    @Test
    void http_is_one_and_ends_the_session() {
        greeted(Pace.go()).says("GET / HTTP/1.1").hears("421").hearsTheEnd();
        assertThat(found).containsExactly(NOT_SMTP);
    }

    @Test
    void a_bare_line_end_is_one_and_the_line_is_refused_all_the_same() {
        Dialogue client = greeted(Pace.go()).sends("NOOP\nQUIT\r\n");
        client.hears("500").says("QUIT").hears("221");
        assertThat(found).containsExactly(BARE_LINE_END);
    }
}
