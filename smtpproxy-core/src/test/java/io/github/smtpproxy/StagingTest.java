package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.filters.AllowRecipients;
import io.github.smtpproxy.filters.RedirectAll;
import io.github.smtpproxy.testing.Dialogue;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A test system never mails a customer. */
@Timeout(60)
class StagingTest extends ProxyTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void all_mail_goes_to_one_address_and_its_recipients_are_in_fields(boolean chunks) {
        destination.takesChunks();
        Dialogue client = clientOf(
                        proxy().filter(RedirectAll.to("dev@test.example").except("qa.example")))
                .greets();
        client.saysTogether(
                "MAIL FROM:<a@x.test>", "RCPT TO:<b@c.test>", "RCPT TO:<\"d e\"@c.test>", "RCPT TO:<q@qa.example>");
        client.hears("250").hears("250").hears("250").hears("250");
        if (chunks) {
            client.sends("BDAT 25 LAST\r\nX-Original-To: x\r\n\r\nhi\r\n!").hears("250");
        } else {
            client.says("DATA")
                    .hears("354")
                    .sends("X-Original-To: x\r\n\r\nhi\r\n.\r\n")
                    .hears("250");
        }
        assertThat(destination.heard("RCPT"))
                .containsExactly("RCPT TO:<dev@test.example>", "RCPT TO:<dev@test.example>", "RCPT TO:<q@qa.example>");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .startsWith("X-Original-To: b@c.test\r\nX-Original-To: \"d e\"@c.test\r\n\r\nhi\r\n");
        client.envelope().says("DATA").hears("354").says(".").hears("250");
        assertThat(destination.messages().get(1))
                .startsWith("X-Original-To: b@dest.test\r\n")
                .doesNotContain("c.test");
    }

    @Test
    void replies_to_redirected_recipients_are_the_destinations() {
        destination.on("RCPT TO:<dev@test.example>").reply("452 4.2.2 Full");
        clientOf(proxy().filter(RedirectAll.to("dev@test.example")))
                .greets()
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<b@c.test>")
                .hearsLine("452 4.2.2 Full");
    }

    @ParameterizedTest
    @CsvSource({
        "b@ours.example, 250",
        "B@OURS.example, 250",
        "b@sub.ours.example, 550",
        "b@below.open.example, 250",
        "b@open.example, 550",
        "b@notopen.example, 550",
        "one@else.example, 250",
        "ONE@else.example, 250",
        "two@else.example, 550",
        "b@ours.example.evil.test, 550",
        "\"b@ours.example\"@evil.test, 550",
        "b@f\u00fc.example, 550",
        "b@evil.test, 550",
    })
    void other_recipients_are_refused(String recipient, String reply) {
        Dialogue client = clientOf(
                        proxy().filter(AllowRecipients.only("ours.example", ".open.example", "one@else.example")))
                .greets()
                .says("MAIL FROM:<a@x.test>")
                .hears("250");
        String asSent = new String(recipient.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        client.says("RCPT TO:<" + asSent + ">").hears(reply.equals("250") ? "250" : "5");
        assertThat(destination.heard("RCPT")).hasSize(reply.equals("250") ? 1 : 0);
    }

    @Test
    void a_refused_recipient_stays_refused_whatever_comes_in_the_group() {
        Dialogue client =
                clientOf(proxy().filter(AllowRecipients.only("ours.example"))).greets();
        client.saysTogether(
                "MAIL FROM:<a@x.test>", "RCPT TO:<b@evil.test>", "DATA", "RCPT TO:<b@ours.example>", "DATA");
        client.hears("250")
                .hears("550 5.7.1 Recipient is not allowed here (")
                .hears("5")
                .hears("250")
                .hears("354");
        client.says(".").hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@ours.example>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "@x.test", "x@", ".", "a@b@c"})
    void what_is_no_domain_or_address_is_an_error(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> AllowRecipients.only(text));
        assertThatIllegalArgumentException().isThrownBy(() -> RedirectAll.to(text));
    }

    @Test
    void to_allow_nobody_is_an_error() {
        assertThatIllegalArgumentException().isThrownBy(AllowRecipients::only).withMessageContaining("at least 1");
    }
}
