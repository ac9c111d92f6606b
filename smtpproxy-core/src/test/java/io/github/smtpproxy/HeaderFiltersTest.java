package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.ChangeHeaders;
import io.github.smtpproxy.filters.CopyTo;
import io.github.smtpproxy.filters.RefuseUnless;
import io.github.smtpproxy.filters.RewriteRecipients;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters that change header sections and recipients, refuse by one line, and copy. */
@Timeout(60)
class HeaderFiltersTest extends ProxyTest {

    private static final Reply NO = Reply.reject("5.7.1", "No");

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    private static Dialogue send(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private Dialogue envelope(Filter filter) {
        return clientOf(proxy().filter(filter)).greets().envelope();
    }

    private void passes(Filter filter, String message, String changed) {
        Dialogue client = envelope(filter);
        send(client, false, message).hears("250");
        send(client.envelope(), true, message).hears("250");
        assertThat(destination.messages()).containsExactly(changed, changed);
    }

    @Test
    void a_field_is_added_at_the_top() {
        passes(ChangeHeaders.add("X-A", "1"), "X-A: 0\r\n\r\nb\r\n", "X-A: 1\r\nX-A: 0\r\n\r\nb\r\n");
    }

    @Test
    void fields_are_replaced_and_removed() {
        passes(
                ChangeHeaders.replace("X-A", "1"),
                "x-a: 0\r\nB: c\r\nX-A: 2\r\n\r\nb\r\n",
                "X-A: 1\r\nB: c\r\n\r\nb\r\n");
    }

    @Test
    void all_fields_of_a_name_are_removed() {
        passes(ChangeHeaders.remove("x-a"), "X-A: 0\r\nB: c\r\nX-A: 2\r\n 3\r\n\r\nb\r\n", "B: c\r\n\r\nb\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "Subject: hello, Subject: [TEST] hello",
        "'Subject: a\r\n b', Subject: [TEST] a b",
        "X: y, 'X: y\r\nSubject: [TEST] '",
        "Subject: =?ISO-8859-1?Q?caf=E9?=, Subject: =?UTF-8?B?W1RFU1RdIGNhZsOp?=",
    })
    void the_subject_is_rewritten_decoded(String before, String after) {
        passes(ChangeHeaders.subject(s -> "[TEST] " + s), before + "\r\n\r\nb\r\n", after + "\r\n\r\nb\r\n");
    }

    @Test
    void a_subject_that_stays_is_not_encoded_anew() {
        String message = "Subject: =?ISO-8859-1?Q?caf=E9?=\r\n\r\nb\r\n";
        passes(ChangeHeaders.subject(s -> s), message, message);
    }

    @ParameterizedTest
    @CsvSource({"X Y, z", "'', z", "X:, z", "X, 'a\r\nBcc: b'", "X, 'a\u0000'", "'X\r\nY', a"})
    void what_cannot_be_a_field_is_an_error(String name, String value) {
        assertThatIllegalArgumentException().isThrownBy(() -> ChangeHeaders.add(name, value));
        assertThatIllegalArgumentException().isThrownBy(() -> ChangeHeaders.replace(name, value));
    }

    @Test
    void recipients_are_rewritten_live() {
        destination.on("RCPT TO:<gone@new.test>").reply("550 5.1.1 Moved away");
        Filter filter = RewriteRecipients.by(m -> Mailbox.of(m.local() + "@new.test"));
        Dialogue client = clientOf(proxy().filter(filter)).greets();
        client.saysTogether(
                "MAIL FROM:<a@x.test>", "RCPT TO:<gone@old.test>", "RCPT TO:<b@old.test> NOTIFY=NEVER", "DATA");
        client.hears("250")
                .hears("550 5.1.1 Moved away")
                .hears("250")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT"))
                .containsExactly("RCPT TO:<gone@new.test>", "RCPT TO:<b@new.test> NOTIFY=NEVER");
    }

    @Test
    void a_rule_of_one_line_holds() {
        Filter rule = RefuseUnless.recipient((session, rcpt) -> rcpt.recipient().isAt("dest.test"), NO);
        Dialogue client = clientOf(proxy().filter(rule)).greets().envelope();
        client.says("RCPT TO:<b@else.test>")
                .hearsLine("550 5.7.1 No")
                .says("RSET")
                .hears("250");
        client.says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<b@else.test>")
                .hears("550");
        client.says("DATA").hears("5");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void each_step_has_such_rules() {
        clientOf(proxy().filter(RefuseUnless.client(s -> false, NO)))
                .hearsLine("550 5.7.1 No")
                .says("QUIT")
                .hears("221");
        clientOf(proxy().filter(RefuseUnless.hello((s, hello) -> hello.name().equals("x.test"), NO)))
                .hears("220")
                .says("EHLO y.test")
                .hears("550")
                .says("EHLO x.test")
                .hears("250");
        clientOf(proxy().filter(RefuseUnless.sender((s, mail) -> mail.isFrom("x.test"), NO)))
                .greets()
                .says("MAIL FROM:<a@y.test>")
                .hears("550")
                .says("MAIL FROM:<a@x.test>")
                .hears("250");
        Dialogue client =
                envelope(RefuseUnless.message((s, m) -> m.headers().first("X").isPresent(), NO));
        send(client, true, "Y: z\r\n\r\n").hears("550");
        send(client.envelope(), false, "X: z\r\n\r\n").hears("250");
    }

    @Test
    void a_rule_whose_reply_is_no_refusal_is_an_error() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RefuseUnless.client(s -> true, Reply.of(250, "Ok")))
                .withMessageContaining("refusal must be 4xx or 5xx");
    }

    private static String read(Message message) {
        try (var in = message.open()) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void accepted_messages_are_copied_and_refused_ones_are_not() {
        List<String> copies = new CopyOnWriteArrayList<>();
        Dialogue client =
                envelope(CopyTo.consumer(m -> copies.add(m.mail().sender().get() + " " + read(m))));
        send(client, false, "X: 1\r\n\r\na\r\n").hears("250");
        send(client.envelope(), true, "X: 2\r\n\r\na\r\n").hears("250");
        destination.on(".").reply("554 5.6.0 No");
        send(client.envelope(), false, "X: 3\r\n\r\na\r\n").hears("554 5.6.0 No");
        assertThat(copies).containsExactly("a@client.test X: 1\r\n\r\na\r\n", "a@client.test X: 2\r\n\r\na\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_consumer_that_fails_changes_nothing(boolean chunks) {
        try (CapturedLog log = new CapturedLog(CopyTo.class)) {
            Dialogue client = envelope(CopyTo.consumer(m -> {
                throw new IllegalStateException("full");
            }));
            send(client, chunks, "X: 1\r\n\r\na\r\n").hears("250");
            assertThat(log.traces()).hasSize(1);
        }
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_message_over_the_bound_passes_without_a_copy() {
        List<String> copies = new CopyOnWriteArrayList<>();
        try (CapturedLog log = new CapturedLog(CopyTo.class)) {
            Dialogue client = envelope(CopyTo.consumer(m -> copies.add(read(m))).largest(10));
            send(client, false, "X: 1\r\n\r\nabc\r\n").hears("250");
            assertThat(log.lines()).hasSize(1);
        }
        assertThat(copies).isEmpty();
        assertThat(destination.messages()).hasSize(1);
    }
}
