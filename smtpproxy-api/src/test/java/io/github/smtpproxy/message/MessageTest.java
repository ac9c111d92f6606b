package io.github.smtpproxy.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageTest {

    private static final RcptTo ANN = RcptTo.parse("RCPT TO:<ann@a.test> NOTIFY=NEVER");
    private static final RcptTo BOB = RcptTo.of(Mailbox.of("bob@b.test"));

    private static final Message MESSAGE = Message.of(
                    Headers.parse("A: 1\r\nB: 2\r\n".getBytes(US_ASCII)), Content.of("body\r\n".getBytes(US_ASCII)))
            .withMail(MailFrom.parse("MAIL FROM:<c@c.test> RET=HDRS"))
            .withRecipients(List.of(ANN, BOB));

    private static String text(Message message) throws IOException {
        try (var in = message.open()) {
            return new String(in.readAllBytes(), US_ASCII);
        }
    }

    @Test
    void the_whole_message_is_one_stream() throws IOException {
        assertThat(text(MESSAGE)).isEqualTo("A: 1\r\nB: 2\r\n\r\nbody\r\n");
        assertThat(text(MESSAGE)).isEqualTo("A: 1\r\nB: 2\r\n\r\nbody\r\n");
    }

    @Test
    void the_stream_has_what_was_changed() throws IOException {
        Message changed = MESSAGE.withHeaders(
                        MESSAGE.headers().replace("A", "3").without("b"))
                .withContent(Content.of(new byte[] {'x'}));
        assertThat(text(changed)).isEqualTo("A: 3\r\n\r\nx");
    }

    @Test
    void a_body_that_is_gone_is_told_when_the_message_is_opened() {
        Message gone = MESSAGE.withContent(() -> {
            throw new IllegalStateException("gone");
        });
        assertThatIllegalStateException().isThrownBy(gone::open).withMessage("gone");
    }

    @Test
    void another_sender_keeps_the_parameters() {
        assertThat(MESSAGE.withSender(Mailbox.of("d@d.test")).mail().wireLine())
                .isEqualTo("MAIL FROM:<d@d.test> RET=HDRS");
        assertThat(MESSAGE.mail().wireLine()).isEqualTo("MAIL FROM:<c@c.test> RET=HDRS");
    }

    @Test
    void recipients_are_added_and_removed() {
        RcptTo further = RcptTo.of(Mailbox.of("eve@e.test"));
        assertThat(MESSAGE.withRecipient(further).recipients()).containsExactly(ANN, BOB, further);
        assertThat(MESSAGE.withoutRecipient(Mailbox.of("ann@a.test")).recipients())
                .containsExactly(BOB);
        assertThat(MESSAGE.recipients()).containsExactly(ANN, BOB);
    }

    @Test
    void a_list_that_is_changed_later_changes_no_message() {
        List<RcptTo> list = new ArrayList<>(List.of(ANN));
        Message message = MESSAGE.withRecipients(list);
        list.clear();
        assertThat(message.recipients()).containsExactly(ANN);
    }
}
