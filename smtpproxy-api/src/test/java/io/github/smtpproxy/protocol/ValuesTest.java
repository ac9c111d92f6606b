package io.github.smtpproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the values of the protocol take, keep and say. */
class ValuesTest {

    @Test
    void a_reply_is_kept_word_for_word() {
        List<String> wire = List.of("250-one", "250-", "250  two ");
        assertThat(Reply.parse(wire).wireLines()).isEqualTo(wire);
        assertThat(Reply.parse(wire).lines()).containsExactly("one", "", " two ");
        assertThat(Reply.parse(List.of("250")).wireLines()).containsExactly("250");
    }

    @Test
    void lines_of_two_codes_are_no_reply() {
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.parse(List.of("250-a", "251 b")));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.parse(List.of("250 a", "250 b")));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.parse(List.of("250-a")));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.parse(List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "25", "250x", "650 a", "150 a", "2x0 a", "250 a\r", "250 a\n250 b", "250 \0"})
    void what_is_no_line_of_a_reply_is_told_apart(String line) {
        assertThat(Reply.isReplyLine(line)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\n250 b", "a\nb", "\0", "\u00e4", "\u20ac"})
    void no_line_end_gets_into_a_reply(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.of(550, text));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.reject("5.7.1", text));
    }

    @Test
    void a_refusal_needs_a_status_of_its_code() {
        assertThat(Reply.refusal(421, "4.7.0", "Go").wireLines()).containsExactly("421 4.7.0 Go");
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.refusal(550, "4.7.1", "x"));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.refusal(250, "2.0.0", "x"));
        assertThatIllegalArgumentException().isThrownBy(() -> Reply.reject("5.7", "x"));
    }

    @Test
    void the_enhanced_status_counts_only_if_it_belongs_to_the_code() {
        assertThat(Reply.of(550, "5.1.1 No").status()).contains(new EnhancedStatus(5, 1, 1));
        assertThat(Reply.of(550, "4.1.1 No").status()).isEmpty();
        assertThat(Reply.of(550, "No").status()).isEmpty();
    }

    @Test
    void a_reply_of_an_unknown_class_is_copied() {
        Reply theirs = () -> List.of("550 5.7.1 No");
        assertThat(Reply.copyOf(theirs)).isEqualTo(Reply.reject("5.7.1", "No"));
        Reply injected = () -> List.of("550 No\r\n250 Ok");
        assertThatThrownBy(() -> Reply.copyOf(injected)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MAIL FROM:<a@b.test>|MAIL FROM:<a@b.test>",
                "mail from: <a@b.test> size=1|MAIL FROM:<a@b.test> size=1",
                "MAIL FROM:a@b.test|MAIL FROM:<a@b.test>",
                "MAIL FROM:<>|MAIL FROM:<>",
                "MAIL FROM:<\"a>b c\"@d.test> X=1|MAIL FROM:<\"a>b c\"@d.test> X=1"
            })
    void mail_is_said_again_with_its_octets(String line, String wire) {
        assertThat(MailFrom.parse(line).wireLine()).isEqualTo(wire);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAIL FROM:",
                "MAIL FROM:<a",
                "MAIL FROM:<a>x",
                "MAIL FROM:<a\r\nb>",
                "MAIL FROM:<a> \r\nRSET",
                "MAIL FROM:<a> X=\n",
                "MAIL FROM:<a\0>",
                "MAIL FROM:<\"a@b>",
                "RCPT TO:<a>"
            })
    void what_is_no_mail_is_refused(String line) {
        assertThatIllegalArgumentException().isThrownBy(() -> MailFrom.parse(line));
    }

    @Test
    void a_source_route_is_kept_and_understood() {
        RcptTo rcpt = RcptTo.parse("RCPT TO:<@a.test,@b.test:u@C.test> NOTIFY=NEVER");
        assertThat(rcpt.recipient()).isEqualTo(Mailbox.of("u@C.test"));
        assertThat(rcpt.recipient().domain()).isEqualTo("c.test");
        assertThat(rcpt.wireLine()).isEqualTo("RCPT TO:<@a.test,@b.test:u@C.test> NOTIFY=NEVER");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b@c.test", "a@c.test>", "<a@c.test", "a\r\n@c.test", "\"a@c.test", "a\0@c.test"})
    void what_is_no_mailbox_is_refused(String address) {
        assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.of(address));
    }

    @Test
    void a_mailbox_beyond_ascii_is_octets_on_the_wire_and_text_to_read() {
        Mailbox mailbox = Mailbox.of("j\u00fcrgen@ex\u00e4mple.test");
        assertThat(mailbox.octets()).isEqualTo("j\u00c3\u00bcrgen@ex\u00c3\u00a4mple.test");
        assertThat(mailbox.local()).isEqualTo("j\u00fcrgen");
        assertThat(mailbox.domain()).isEqualTo("ex\u00e4mple.test");
    }

    @Test
    void parameters_keep_order_and_spelling() {
        Parameters parameters = Parameters.parse("body=8BITMIME  SIZE=10 RET=HDRS");
        assertThat(parameters.text()).isEqualTo(" body=8BITMIME SIZE=10 RET=HDRS");
        assertThat(parameters.value("BODY")).contains("8BITMIME");
        assertThat(parameters.replace("size=20").text()).isEqualTo(" body=8BITMIME size=20 RET=HDRS");
        assertThat(parameters.without("Body").keywords()).containsExactly("SIZE", "RET");
    }

    @ParameterizedTest
    @ValueSource(strings = {"=", "A=", "-A", "A=b\r\nRSET", "A\0", "A_B=c"})
    void what_is_no_parameter_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Parameters.parse(text));
        assertThatIllegalArgumentException().isThrownBy(() -> Parameters.none().replace(text));
    }

    @Test
    void mechanisms_of_all_lines_of_auth_count() {
        Extensions offered = Extensions.of(Reply.parse(List.of(
                "250-dest.test", "250-AUTH PLAIN", "250-SIZE 1", "250-auth LOGIN plain", "250-AUTH", "250 SIZE 2")));
        assertThat(offered.lines()).containsExactly("AUTH PLAIN LOGIN", "SIZE 1");
        assertThat(offered.parameters("AUTH")).contains("PLAIN LOGIN");
        Extensions old = Extensions.of(List.of("AUTH=PLAIN", "auth=LOGIN  X-A", "AUTH", "AUTH CRAM-MD5"));
        assertThat(old.lines()).containsExactly("AUTH=PLAIN LOGIN X-A", "AUTH CRAM-MD5");
        assertThat(old.parameters("AUTH=")).contains("PLAIN LOGIN X-A");
        assertThat(Extensions.of(List.of("AUTH", "AUTH")).lines()).containsExactly("AUTH");
    }

    @Test
    void extensions_in_common_have_the_smaller_size() {
        Extensions a = Extensions.of(List.of("PIPELINING", "SIZE 1000", "DSN", "X-A 1"));
        Extensions b = Extensions.of(List.of("size 500", "pipelining", "X-A 2"));
        assertThat(a.intersect(b).lines()).containsExactly("PIPELINING", "SIZE 500");
        assertThat(a.size()).contains(1000L);
        assertThat(a.keep(k -> k.equals("DSN")).toReply("h").wireLines()).containsExactly("250-h", "250 DSN");
        assertThat(Extensions.none().toReply("h").wireLines()).containsExactly("250 h");
    }

    @Test
    void a_size_beyond_all_bounds_is_the_largest() {
        assertThat(MailFrom.parse("MAIL FROM:<a> SIZE=99999999999999999999").size())
                .contains(Long.MAX_VALUE);
        assertThat(MailFrom.parse("MAIL FROM:<a> SIZE=x").size()).isEmpty();
    }

    @Test
    void the_name_in_ehlo_holds_no_line_end() {
        assertThat(new Hello(true, "a.test").wireLine()).isEqualTo("EHLO a.test");
        assertThat(new Hello(false, "").wireLine()).isEqualTo("HELO");
        assertThatIllegalArgumentException().isThrownBy(() -> new Hello(true, "a\r\nRSET"));
    }
}
