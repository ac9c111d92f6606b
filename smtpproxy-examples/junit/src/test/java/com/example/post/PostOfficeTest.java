package com.example.post;

import static io.github.smtpproxy.junit.ConversationAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.junit5.GreenMailExtension;
import com.icegreen.greenmail.util.ServerSetupTest;
import io.github.smtpproxy.junit.SmtpFault;
import io.github.smtpproxy.junit.SmtpFault.On;
import io.github.smtpproxy.junit.SmtpFaultsExtension;
import jakarta.mail.MessagingException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of a letter when the server is busy, slow or gone: faults in front of a GreenMail. */
class PostOfficeTest {

    // snippet: junit
    @RegisterExtension
    static final GreenMailExtension greenMail = new GreenMailExtension(ServerSetupTest.SMTP.dynamicPort());

    @RegisterExtension
    static final SmtpFaultsExtension smtp =
            SmtpFaultsExtension.before("127.0.0.1", () -> greenMail.getSmtp().getPort());

    private final PostOffice office = new PostOffice(smtp.host(), smtp.port());

    @Test
    void a_busy_mailbox_is_tried_again() throws Exception {
        smtp.onRcpt("b@example.org").times(1).reply(450, "4.2.1", "busy");
        assertThat(office.send("b@example.org", "hello")).isEqualTo(2);
        assertThat(smtp.awaitConversation()).refused(450).notDelivered();
        assertThat(smtp.awaitConversation()).delivered().toRecipients("b@example.org");
    }

    @Test
    void a_letter_whose_reply_is_lost_is_not_sent_twice() {
        smtp.onMessage().loseReply();
        fails("b@example.org");
        assertThat(greenMail.getReceivedMessages()).hasSize(1);
    }
    // end

    private void fails(String to) {
        assertThatThrownBy(() -> office.send(to, "hello")).isInstanceOf(MessagingException.class);
    }

    @Test
    void a_letter_without_faults_arrives() throws Exception {
        assertThat(office.send("b@example.org", "hello")).isOne();
        assertThat(smtp.record()).contains("MAIL FROM:<office@example.org> SMTPUTF8");
        assertThat(smtp.awaitConversation()).delivered().from("office@example.org").notRefused();
        assertThat(greenMail.getReceivedMessages()).hasSize(1);
    }

    @Test
    void an_unknown_mailbox_is_not_tried_again() {
        smtp.onRcpt().reply(550, "5.1.1", "no such user");
        fails("nobody@example.org");
        assertThat(smtp.awaitConversation()).refused(550, "5.1.1").notDelivered();
        assertThat(greenMail.getReceivedMessages()).isEmpty();
    }

    @Test
    void it_gives_up_after_three_tries() {
        var busy = smtp.onMail().reply(451, "4.3.0", "later");
        fails("b@example.org");
        assertThat(busy.count()).isEqualTo(3);
    }

    @Test
    void a_sender_may_be_deferred() throws Exception {
        smtp.onMail("office@example.org").times(2).reply(451, "4.7.1", "greylisted");
        assertThat(office.send("b@example.org", "hello")).isEqualTo(3);
    }

    @Test
    void a_server_that_is_flaky_by_chance_is_flaky_in_the_same_way_each_time() throws Exception {
        var flaky = smtp.onMail().probability(.5, 1).reply(451, "4.3.0", "later");
        int tries = office.send("b@example.org", "hello");
        assertThat(flaky.count()).isEqualTo(tries - 1);
    }

    @Test
    @SmtpFault(on = On.MESSAGE, times = 1, reply = "452 4.3.1 disk full")
    void a_letter_that_is_deferred_at_its_end_is_tried_again() throws Exception {
        assertThat(office.send("b@example.org", "hello")).isEqualTo(2);
        assertThat(greenMail.getReceivedMessages()).hasSize(1);
    }

    @Test
    @SmtpFault(on = On.MESSAGE, reply = "554 5.7.1 looks like spam")
    void a_letter_that_looks_like_spam_is_not_tried_again() {
        fails("b@example.org");
        assertThat(smtp.awaitConversation()).refused(554).notDelivered();
    }

    @Test
    void a_connection_that_breaks_in_mid_letter_leaves_nothing_at_the_server() {
        smtp.onMessage().afterOctets(10_000).hangUp();
        assertThatThrownBy(() -> office.send("b@example.org", "hello ".repeat(5_000))).isNotNull();
        assertThat(smtp.awaitConversation()).notDelivered();
        assertThat(greenMail.getReceivedMessages()).isEmpty();
    }

    @Test
    void a_server_that_takes_no_connections_is_reported() {
        smtp.onConnect().reply(421, "4.3.2", "too many connections");
        fails("b@example.org");
        assertThat(smtp.awaitConversation()).refused(421).notDelivered();
    }

    @Test
    void a_connection_that_is_reset_is_reported() {
        smtp.onConnect().reset();
        fails("b@example.org");
        assertThat(greenMail.getReceivedMessages()).isEmpty();
    }

    @Test
    void a_slow_server_is_waited_for() throws Exception {
        var slow = smtp.onData().delay(Duration.ofMillis(200));
        assertThat(office.send("b@example.org", "hello")).isOne();
        assertThat(slow.count()).isOne();
    }

    @Test
    void a_server_that_hangs_is_given_up() {
        var hanging = smtp.onMail().delay(Duration.ofMinutes(10));
        PostOffice impatient = new PostOffice(smtp.host(), smtp.port(), Duration.ofSeconds(2));
        assertThatThrownBy(() -> impatient.send("b@example.org", "hello")).isInstanceOf(MessagingException.class);
        assertThat(hanging.count()).isOne();
        assertThat(greenMail.getReceivedMessages()).isEmpty();
    }

    @Test
    void a_thin_line_is_no_error() throws Exception {
        var thin = smtp.bandwidth(50_000);
        assertThat(office.send("b@example.org", "hello ".repeat(1_000))).isOne();
        assertThat(thin.count()).isOne();
        assertThat(smtp.awaitConversation()).delivered();
    }

    @Test
    void an_extension_that_is_not_offered_is_not_used() throws Exception {
        var hidden = smtp.hide("SMTPUTF8");
        office.send("b@example.org", "hello");
        assertThat(hidden.count()).isOne();
        assertThat(smtp.record()).contains("MAIL FROM:").doesNotContain("MAIL FROM:<office@example.org> SMTPUTF8");
        assertThat(smtp.awaitConversation()).delivered();
    }

    @Test
    void garbage_is_no_reply() {
        smtp.onRcpt().garbage("what do you want?");
        fails("b@example.org");
        assertThat(greenMail.getReceivedMessages()).isEmpty();
    }
}
