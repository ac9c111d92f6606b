package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ScriptedMilter.frame;
import static io.github.smtpproxy.testing.ScriptedMilter.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a milter decides holds, at each stage. */
@Timeout(120)
class AskMilterDecisionsTest extends MilterTest {

    private static final String REJECT = "550 5.7.1 Command rejected";
    private static final String TEMPFAIL = "451 4.7.1 Service unavailable - try again later";

    private static byte[] answer(String word) {
        return switch (word) {
            case "reject" -> frame("r");
            case "tempfail" -> frame("t");
            case "accept" -> frame("a");
            case "discard" -> frame("d");
            default -> frame("y", text(word));
        };
    }

    @ParameterizedTest
    @CsvSource({
        "C, reject, " + REJECT,
        "C, tempfail, " + TEMPFAIL,
        "H, reject, " + REJECT,
        "H, 554 5.7.9 no such name, 554 5.7.9 no such name",
    })
    void a_refusal_of_the_client_is_given_to_each_recipient(String stage, String word, String reply) {
        milter.on(stage, answer(word));
        Dialogue client = client(asking()).greets();
        for (int i = 0; i < 2; i++) {
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hearsLine(reply);
            client.says("DATA").hears("554 5.5.1").says("RSET").hears("250");
        }
        assertThat(destination.heard("RCPT")).isEmpty();
        assertThat(milter.events("MR")).isEmpty();
        assertThat(milter.events("Q")).hasSize(1);
        assertThat(verdicts)
                .singleElement()
                .satisfies(v -> assertThat(v.decision()).isNotEqualTo(Decision.PASS));
    }

    @Test
    void a_refusal_of_the_client_can_be_given_at_once() {
        milter.on("C", answer("554 5.7.1 not you"));
        client(asking().atConnect()).hearsLine("554 5.7.1 not you").says("QUIT").hears("221");
    }

    @Test
    void a_greeting_that_defers_is_421() {
        milter.on("C", answer("tempfail"));
        client(asking().atConnect())
                .hearsLine("421 4.7.1 Service unavailable - try again later")
                .hearsTheEnd();
    }

    @Test
    void a_refusal_of_its_name_can_be_given_at_once() {
        milter.on("H", answer("reject"));
        client(asking().atConnect()).hears("220").says("EHLO x.test").hearsLine(REJECT);
    }

    @Test
    void a_421_at_connect_ends_the_session_when_it_is_given() {
        milter.on("C", answer("421 4.7.0 busy"));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine("421 4.7.0 busy").hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "H"})
    void who_is_accepted_at_connect_is_told_of_no_more(String stage) {
        milter.on(stage, answer("accept"));
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, MESSAGE).hears("250").says("FOO").hears("5");
        assertThat(milter.events("MRTLNBEU")).isEmpty();
        assertThat(milter.events("Q")).hasSize(1);
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @CsvSource({"reject, " + REJECT, "tempfail, " + TEMPFAIL, "discard, " + REJECT, "550 5.1.0 no, 550 5.1.0 no"})
    void a_refusal_at_mail_holds(String word, String reply) {
        milter.on("M<a@", answer(word));
        Dialogue client = client(asking()).greets().says("MAIL FROM:<a@client.test>");
        client.hearsLine(reply)
                .says("RCPT TO:<b@dest.test>")
                .hears("503")
                .says("DATA")
                .hears("503");
        assertThat(destination.heard("MAIL")).isEmpty();
        client.says("MAIL FROM:<c@client.test>").hears("250");
        assertThat(milter.events("MA")).containsExactly("M<a@client.test>|", "A", "M<c@client.test>|");
    }

    @ParameterizedTest
    @CsvSource({
        "reject, " + REJECT,
        "tempfail, " + TEMPFAIL,
        "550 5.1.1 100%% gone, 550 5.1.1 100% gone",
        "550 5.7.1 gr\u00fcn, 550 5.7.1 gr?n"
    })
    void a_refusal_at_rcpt_is_of_that_recipient(String word, String reply) {
        milter.on("R<b@", answer(word));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>")
                .hearsLine(reply)
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        send(client, false, MESSAGE).hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<c@dest.test>");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @CsvSource({"T", "L", "N", "B", "E"})
    void a_refusal_of_the_message_is_the_reply_to_its_end(String stage) {
        for (boolean chunks : new boolean[] {false, true}) {
            milter.on(stage, answer("554 5.7.1 no"));
            Dialogue client = client(asking()).greets().envelope();
            send(client, chunks, MESSAGE).hearsLine("554 5.7.1 no");
            milter.on(stage, frame("c"));
            send(client.envelope(), chunks, MESSAGE).hears("250");
        }
        assertThat(destination.messages()).containsExactly(MESSAGE, MESSAGE);
        assertThat(verdicts.get(0).decision()).isEqualTo(Decision.REFUSE);
    }

    @ParameterizedTest
    @CsvSource({"M", "R", "T", "L", "N", "B", "E"})
    void a_message_that_is_accepted_early_passes_untold(String stage) {
        milter.on(stage, answer("accept"));
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        String later = "MRTLNBE";
        assertThat(milter.events(later.substring(later.indexOf(stage) + 1))).isEmpty();
        milter.on(stage, frame("c"));
        send(client.envelope(), false, MESSAGE).hears("250");
        assertThat(milter.events("E")).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"R, false", "T, false", "B, false", "E, false", "E, true"})
    void what_is_to_be_discarded_is_refused(String stage, boolean chunks) {
        milter.on(stage, answer("discard"));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>");
        if (stage.equals("R")) {
            client.hearsLine(REJECT).says("RCPT TO:<c@dest.test>").hearsLine(REJECT);
        } else {
            send(client.hears("250"), chunks, MESSAGE).hearsLine(REJECT);
        }
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_message_that_is_discarded_behind_its_first_recipient_goes_to_nobody() {
        milter.on("R<c@", answer("discard"));
        Dialogue client = client(asking()).greets().envelope();
        client.says("RCPT TO:<c@dest.test>").hearsLine(REJECT);
        send(client, false, MESSAGE).hearsLine(REJECT);
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"M, false", "R, false", "T, true", "N, true", "B, false", "E, false", "E, true"})
    void what_is_to_be_discarded_goes_where_the_host_program_keeps_such_mail(String stage, boolean chunks) {
        milter.on(stage, answer("discard"));
        ScriptedDestination kept = anotherDestination();
        kept.on(".").reply("250 2.0.0 kept");
        Dialogue client = client(asking().onDiscard(OnDiscard.routeTo(kept.destination())))
                .greets()
                .envelope();
        send(client, chunks, MESSAGE).hearsLine("250 2.0.0 kept");
        assertThat(kept.messages()).containsExactly(MESSAGE);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_message_in_quarantine_gets_a_field() {
        milter.on("E", frame("q", text("looks\r\nodd")), frame("c"));
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, "X-Quarantine: spoofed\r\n" + MESSAGE).hears("250");
        assertThat(destination.messages()).containsExactly("X-Quarantine: looks odd\r\n" + MESSAGE);
    }

    @Test
    void a_message_in_quarantine_goes_where_the_host_program_wants_it() {
        milter.on("E", frame("q", text("odd")), frame("a"));
        ScriptedDestination kept = anotherDestination();
        Dialogue client =
                client(asking().quarantineTo(kept.destination())).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(kept.messages()).containsExactly("X-Quarantine: odd\r\n" + MESSAGE);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_reply_of_several_lines_is_passed_on() {
        milter.on("R", frame("y", text("550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 last")));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        assertThat(client.says("RCPT TO:<b@dest.test>").reply())
                .containsExactly("550-5.7.1 first", "550-5.7.1 second", "550 5.7.1 last");
    }

    @ParameterizedTest
    @CsvSource({"421 4.7.0 go, 421 4.7.0 go", "shutdown, 421 4.7.0 Service unavailable - try again later"})
    void a_421_ends_the_session(String word, String reply) {
        milter.on("R", word.equals("shutdown") ? frame("4") : answer(word));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine(reply).hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "250 2.0.0 fine",
                "354 go on",
                "no code",
                "55",
                "550-5.7.1 open end",
                "550-5.7.1 a\r\n551 5.7.1 b",
                "550 a\r\nMAIL FROM:<x>",
                "550 a\r\n\r\n550 b",
                ""
            })
    void a_reply_that_is_none_is_no_reply(String reply) {
        milter.on("R", frame("y", text(reply)));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client =
                    client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hearsLine(TEMPFAIL);
            assertThat(log.lines()).singleElement().asString().contains("cannot be asked");
        }
    }

    @Test
    void a_percent_sign_alone_means_nothing() {
        milter.on("R", frame("y", text("550 5.7.1 100% of %% and %%%% %d")));
        Dialogue client =
                client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine("550 5.7.1 100 of % and %% d");
    }

    @Test
    void an_unknown_command_is_refused_in_the_milters_words() {
        milter.on("U", answer("500 5.5.1 what?"));
        Dialogue client = client(asking()).greets().says("XFOO  bar").hearsLine("500 5.5.1 what?");
        assertThat(milter.events("U")).containsExactly("UXFOO bar|");
        client.says("NOOP").hears("250").says("VRFY x").hears("2");
        assertThat(destination.heard("XFOO")).isEmpty();
        assertThat(milter.events("U")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"PASS, 250", "DEFER, 451 4.7.1", "REFUSE, 552 5.3.4"})
    void a_message_that_is_too_large_is_not_told(WhenTooLarge then, String reply) {
        Dialogue client = client(asking().largest(20, then)).greets().envelope();
        send(client, false, MESSAGE).hears(reply);
        assertThat(milter.events("TLNBE")).isEmpty();
        assertThat(verdicts)
                .singleElement()
                .extracting(Verdict::rule)
                .asString()
                .startsWith("too large");
        send(client.envelope(), true, "Subject: a\r\n\r\nhi\r\n").hears("250");
        assertThat(milter.events("E")).hasSize(1);
    }
}
