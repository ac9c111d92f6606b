package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ScriptedMilter.frame;
import static io.github.smtpproxy.testing.ScriptedMilter.number;
import static io.github.smtpproxy.testing.ScriptedMilter.octets;
import static io.github.smtpproxy.testing.ScriptedMilter.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.RewriteRecipients;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The changes that a milter wants in a message are made, and no others. */
@Timeout(120)
class AskMilterChangesTest extends MilterTest {

    private static final String FIELDS = "Received: r\r\nTo: b\r\nSubject: a\r\nTo: c\r\nTo: d\r\n";
    private static final String BODY = "\r\nhello\r\n";

    private void changes(byte[]... frames) {
        List<byte[]> all = new ArrayList<>(Arrays.asList(frames));
        all.add(frame("c"));
        milter.on("E", all.toArray(byte[][]::new));
    }

    private void sends(boolean chunks, String message, String reply) {
        send(client(asking()).greets().envelope(), chunks, message).hears(reply);
    }

    private static byte[] header(String name, String value) {
        return frame("h", text(name), text(value));
    }

    private static byte[] insert(int index, String name, String value) {
        return frame("i", number(index), text(name), text(value));
    }

    private static byte[] change(int index, String name, String value) {
        return frame("m", number(index), text(name), text(value));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fields_are_added_behind_the_others(boolean chunks) {
        changes(header("X-A", "1"), header("X-B", "2\n\tfolded\r\n more"), header("X-C", ""));
        sends(chunks, FIELDS + BODY, "250");
        assertThat(destination.messages())
                .containsExactly(FIELDS + "X-A: 1\r\nX-B: 2\r\n\tfolded\r\n more\r\nX-C: \r\n" + BODY);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "2, 1", "3, 2", "100, 5"})
    void fields_are_inserted_by_index_our_received_field_among_those_before(int index, int place) {
        changes(insert(index, "X-A", "1"));
        sends(false, FIELDS + BODY, "250");
        List<String> lines = new ArrayList<>(List.of(FIELDS.split("\r\n")));
        lines.add(place, "X-A: 1");
        assertThat(destination.messages()).containsExactly(String.join("\r\n", lines) + "\r\n" + BODY);
    }

    static Stream<Arguments> changedFields() {
        return Stream.of(
                Arguments.of(change(1, "to", "x"), "Received: r\r\nto: x\r\nSubject: a\r\nTo: c\r\nTo: d\r\n"),
                Arguments.of(change(0, "To", "x"), "Received: r\r\nTo: x\r\nSubject: a\r\nTo: c\r\nTo: d\r\n"),
                Arguments.of(
                        change(3, "To", "x\n y"), "Received: r\r\nTo: b\r\nSubject: a\r\nTo: c\r\nTo: x\r\n y\r\n"),
                Arguments.of(change(4, "To", "x"), FIELDS + "To: x\r\n"),
                Arguments.of(change(1, "X-New", "x"), FIELDS + "X-New: x\r\n"),
                Arguments.of(change(2, "TO", ""), "Received: r\r\nTo: b\r\nSubject: a\r\nTo: d\r\n"),
                Arguments.of(change(9, "To", ""), FIELDS),
                Arguments.of(change(1, "Received", ""), "To: b\r\nSubject: a\r\nTo: c\r\nTo: d\r\n"));
    }

    @ParameterizedTest
    @MethodSource("changedFields")
    void fields_are_changed_and_deleted_by_index(byte[] frame, String expected) {
        changes(frame);
        sends(false, FIELDS + BODY, "250");
        assertThat(destination.messages()).containsExactly(expected + BODY);
    }

    @Test
    void changes_are_made_in_their_order() {
        changes(change(3, "To", ""), change(2, "To", ""), change(1, "To", ""), header("To", "z"), change(1, "To", "y"));
        sends(true, FIELDS + BODY, "250");
        assertThat(destination.messages()).containsExactly("Received: r\r\nSubject: a\r\nTo: y\r\n" + BODY);
    }

    @Test
    void a_message_without_fields_and_one_without_a_body_get_fields_too() {
        changes(header("X-A", "1"));
        Dialogue client = client(asking()).greets();
        send(client.envelope(), false, "\r\nhello\r\n").hears("250");
        send(client.envelope(), true, "Subject: a").hears("250");
        assertThat(destination.messages().get(0)).isEqualTo("X-A: 1\r\n\r\nhello\r\n");
        assertThat(destination.messages().get(1)).isEqualTo("Subject: a\r\nX-A: 1\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_body_is_replaced_in_parts(boolean chunks) {
        changes(
                frame("b", octets("one\ntwo\r")),
                frame("b", octets("\nthr")),
                header("X-A", "1"),
                frame("b", octets("ee\r\n")));
        sends(chunks, MESSAGE, "250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\nX-A: 1\r\n\r\none\r\ntwo\r\nthree\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_large_body_is_kept_in_a_file_that_is_gone_afterwards(boolean chunks) {
        byte[] part = octets(("y".repeat(62) + "\r\n").repeat(1000));
        byte[][] parts = new byte[20][];
        Arrays.fill(parts, frame("b", part));
        changes(parts);
        sends(chunks, MESSAGE, "250");
        assertThat(destination.messages().get(0)).hasSize(14 + 20 * part.length);
    }

    @Test
    void a_body_may_become_empty() {
        changes(frame("b"));
        sends(false, MESSAGE, "250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_envelope_is_changed_in_a_transaction_of_its_own(boolean chunks) {
        changes(
                frame("e", text("<new@client.test>"), text("RET=HDRS SIZE=9 ENVID=x")),
                frame("-", text("<b@dest.test>")),
                frame("+", text("c@dest.test")),
                frame("+", text("<c@dest.test>")),
                frame("2", text("<d@dest.test>"), text("NOTIFY=NEVER")));
        Dialogue client = client(asking()).greets();
        client.says("MAIL FROM:<a@client.test> RET=FULL")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        send(client, chunks, MESSAGE).hears("250");
        assertThat(destination.heard("MAIL")).last().isEqualTo("MAIL FROM:<new@client.test> RET=HDRS ENVID=x");
        assertThat(destination.heard("RCPT"))
                .containsExactly(
                        "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>", "RCPT TO:<d@dest.test> NOTIFY=NEVER");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void a_sender_may_become_none() {
        changes(frame("e", text("<>")));
        sends(false, MESSAGE, "250");
        assertThat(destination.heard("MAIL")).last().isEqualTo("MAIL FROM:<>");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_envelope_that_the_destination_refuses_is_451_and_nothing_is_delivered(boolean chunks) {
        changes(frame("+", text("<bad@dest.test>")), header("X-A", "1"));
        destination.on("RCPT TO:<bad@dest.test>").reply("550 5.1.1 No such user");
        sends(chunks, MESSAGE, "451 4.3.0");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_message_for_nobody_is_refused() {
        changes(frame("-", text("<b@dest.test>")));
        sends(false, MESSAGE, "554 5.5.1");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void nothing_is_changed_in_a_message_that_is_then_refused() {
        milter.on("E", header("X-A", "1"), frame("+", text("<c@dest.test>")), frame("r"));
        sends(false, MESSAGE, "550 5.7.1 Command rejected");
        assertThat(destination.heard("RCPT")).hasSize(1);
    }

    static Stream<Arguments> noChanges() {
        byte[][] many = new byte[1001][];
        Arrays.fill(many, header("X-A", "1"));
        byte[][] growing = new byte[17][];
        Arrays.fill(growing, frame("b", octets("z".repeat((1 << 20) - 1))));
        return Stream.of(
                Arguments.of("line end", new byte[][] {header("X-A", "1\r\nX-B: 2")}),
                Arguments.of("line feed", new byte[][] {header("X-A", "1\nX-B: 2")}),
                Arguments.of("empty line", new byte[][] {header("X-A", "1\n\n body")}),
                Arguments.of("carriage return", new byte[][] {header("X-A", "1\r2")}),
                Arguments.of("blank fold", new byte[][] {header("X-A", "1\n \t\n 2")}),
                Arguments.of("name", new byte[][] {header("X A", "1")}),
                Arguments.of("no name", new byte[][] {header("", "1")}),
                Arguments.of("name with a line", new byte[][] {insert(0, "X\r\nY", "1")}),
                Arguments.of("negative index", new byte[][] {change(-1, "To", "1")}),
                Arguments.of("no value", new byte[][] {frame("h", text("X-A"))}),
                Arguments.of("unended", new byte[][] {frame("h", text("X-A"), octets("1"))}),
                Arguments.of("too much", new byte[][] {frame("h", text("X-A"), text("1"), octets("x"))}),
                Arguments.of("no address", new byte[][] {frame("+", text("<b@dest.test> x"))}),
                Arguments.of("command", new byte[][] {frame("+", text("<b@dest.test>\r\nDATA"))}),
                Arguments.of("empty address", new byte[][] {frame("+", text(""))}),
                Arguments.of("parameter", new byte[][] {frame("2", text("<b@dest.test>"), text("=x"))}),
                Arguments.of("sender", new byte[][] {frame("e", text("<a@client.test"))}),
                Arguments.of("unknown", new byte[][] {frame("z")}),
                Arguments.of("decision with data", new byte[][] {frame("c", octets("x"))}),
                Arguments.of("skip", new byte[][] {frame("s")}),
                Arguments.of("many", many),
                Arguments.of("growing", growing));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("noChanges")
    void what_is_no_change_counts_as_a_milter_that_is_down(String what, byte[][] frames) {
        changes(frames);
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            sends(false, FIELDS + BODY, "451 4.7.1 Service unavailable - try again later");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("cannot be asked")
                    .doesNotContain("\n");
        }
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"h", "i", "m", "b", "+", "-", "2", "e", "q"})
    void a_change_that_was_not_agreed_on_is_none(String command) {
        milter.on("O", frame("O", number(6), number(0), number(0)));
        changes(frame(command, text("a"), text("b")));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            sends(true, MESSAGE, "451 4.7.1");
            assertThat(log.lines()).singleElement().asString().contains("was not agreed on");
        }
    }

    @Test
    void a_message_passes_unchanged_where_the_milter_dies_behind_a_change_and_mail_is_to_pass() {
        milter.acts("E", out -> {
            out.write(header("X-A", "1"));
            out.write(frame("b", octets("other\r\n")));
            return false;
        });
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client = client(asking().whenDown(WhenDown.PASS)).greets().envelope();
            send(client, false, MESSAGE).hears("250");
            assertThat(log.lines()).hasSize(1);
        }
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_recipient_that_a_later_filter_renames_is_deleted_all_the_same(boolean chunks) {
        milter.on("E", frame("-", text("<b@dest.test>")), frame("+", text("<c@dest.test>")), frame("a"));
        Filter renaming = RewriteRecipients.by(m -> Mailbox.of("new-" + m.local() + "@dest.test"));
        Dialogue client = client(asking(), renaming).greets().envelope();
        client.says("RCPT TO:<c@dest.test>").hears("250");
        send(client, chunks, MESSAGE).hears("250");
        assertThat(destination.heard("RCPT")).last().isEqualTo("RCPT TO:<new-c@dest.test>");
        assertThat(destination.heard("RCPT")).hasSize(3);
    }
}
