package io.github.smtpproxy.junit;

import static io.github.smtpproxy.junit.ConversationAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.junit.SmtpFault.On;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each fault of the extension does what it says, in front of a server that tells what it has. */
class SmtpFaultsTest {

    private static final Duration A_MOMENT = Duration.ofMillis(60);
    private static final String TEXT = "Subject: s\r\n\r\n" + "x".repeat(78) + "\r\n";

    @RegisterExtension
    static final SmtpFaultsExtension smtp = SmtpFaultsExtension.ownServer()
            .listen(Endpoint.at("127.0.0.1", 0).received(false).offerStartTls(Certificate.LOCAL.shown()));

    private static Dialogue client() {
        return Dialogue.with(new InetSocketAddress(smtp.host(), smtp.port()));
    }

    private static void sent(Dialogue client, String text) {
        client.envelope().says("DATA").hears("354").sends(text + ".\r\n");
    }

    private static void delivered() {
        try (Dialogue client = client()) {
            sent(client.greets(), TEXT);
            client.hears("250").says("QUIT").hears("221");
        }
    }

    @Test
    void a_refusal_is_made_once_and_the_server_has_the_second_try_only() {
        smtp.onRcpt("b@dest.test").times(1).reply(450, "4.2.1", "busy");
        try (Dialogue client = client().greets()) {
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hearsLine("450 4.2.1 busy");
            client.says("RSET").hears("250");
        }
        assertThat(smtp.awaitConversation())
                .refused()
                .refused(450)
                .refused(450, "4.2.1")
                .notDelivered();
        delivered();
        assertThat(smtp.awaitConversation())
                .delivered()
                .notRefused()
                .from("a@client.test")
                .toRecipients("b@dest.test");
        assertThat(smtp.server().messages())
                .containsExactly(new ReceivedMessage("a@client.test", List.of("b@dest.test"), TEXT));
    }

    @Test
    void chance_with_a_seed_is_the_same_each_time() {
        List<String> first = chances();
        smtp.faults().forget();
        assertThat(chances()).isEqualTo(first).contains("451", "250");
    }

    private static List<String> chances() {
        smtp.onMail().probability(.5, 7).reply(451, "4.3.0", "later");
        try (Dialogue client = client().greets()) {
            return Stream.generate(() -> {
                        String code = client.says("MAIL FROM:<a@client.test>")
                                .reply()
                                .get(0)
                                .substring(0, 3);
                        client.says("RSET").hears("250");
                        return code;
                    })
                    .limit(20)
                    .toList();
        }
    }

    @Test
    void after_a_hang_up_in_mid_message_the_server_has_nothing() {
        smtp.onMessage().afterOctets(10_000).hangUp();
        try (Dialogue client = client().greets()) {
            client.envelope().says("DATA").hears("354").sends(TEXT.repeat(150)).hearsTheEnd();
        }
        assertThat(smtp.awaitConversation()).notDelivered().toRecipients("b@dest.test");
        assertThat(smtp.server().messages()).isEmpty();
    }

    @Test
    void a_message_whose_reply_is_lost_is_delivered_and_the_client_hears_nothing() {
        smtp.onMessage().loseReply();
        try (Dialogue client = client().greets()) {
            sent(client, TEXT);
            client.hearsTheEnd();
        }
        assertThat(smtp.awaitConversation()).delivered().toRecipients("b@dest.test");
        assertThat(smtp.server().messages()).hasSize(1);
    }

    @Test
    void a_delay_is_waited_for() {
        smtp.onData().delay(A_MOMENT);
        long began = System.nanoTime();
        delivered();
        assertThat(System.nanoTime() - began).isGreaterThan(A_MOMENT.toNanos());
        assertThat(smtp.awaitConversation()).delivered();
    }

    @Test
    void starttls_is_hidden_and_its_command_unknown() {
        smtp.hide("STARTTLS");
        try (Dialogue client = client().hears("220").says("EHLO client.test")) {
            assertThat(client.reply()).noneMatch(line -> line.contains("STARTTLS"));
            client.says("STARTTLS").hears("502").says("QUIT").hears("221");
        }
        assertThat(smtp.awaitConversation())
                .refused(502)
                .notDelivered()
                .sent("STARTTLS")
                .neverSent("AUTH");
        smtp.faults().forget();
        try (Dialogue client = client().greets()) {
            client.startsTls(Certificate.LOCAL.trusted());
        }
    }

    @Test
    void bandwidth_slows_a_message() {
        smtp.bandwidth(TEXT.length() * 10L);
        long began = System.nanoTime();
        delivered();
        assertThat(System.nanoTime() - began)
                .isGreaterThan(Duration.ofMillis(50).toNanos());
        assertThat(smtp.awaitConversation()).delivered();
    }

    @Test
    void a_client_that_connects_is_refused_or_cut_off() {
        smtp.onConnect().times(1).reply(421, "4.3.2", "Full");
        smtp.onConnect().times(1).hangUp();
        try (Dialogue client = client()) {
            client.hearsLine("421 4.3.2 Full").hearsTheEnd();
        }
        assertThat(smtp.awaitConversation()).refused(421, "4.3.2");
        try (Dialogue client = client()) {
            client.hearsTheEnd();
        }
        assertThat(smtp.awaitConversation()).notRefused().notDelivered();
    }

    @Test
    @SmtpFault(on = On.RCPT, address = "b@dest.test", times = 1, reply = "450 4.2.1 busy")
    @SmtpFault(on = On.MESSAGE, times = 1, loseReply = true)
    @SmtpFault(on = On.EHLO, hide = "SIZE")
    void annotations_make_faults_in_their_order() {
        try (Dialogue client = client()) {
            client.hears("220").says("EHLO client.test");
            assertThat(client.reply()).noneMatch(line -> line.contains("SIZE"));
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hearsLine("450 4.2.1 busy");
            client.says("RCPT TO:<b@dest.test>").hears("250");
            client.says("DATA").hears("354").sends(TEXT + ".\r\n").hearsTheEnd();
        }
        assertThat(smtp.awaitConversation()).refused(450).delivered();
    }

    @Test
    @SmtpFault(on = On.MESSAGE, afterOctets = 100, address = "b@dest.test", times = 1, reset = true)
    @SmtpFault(on = On.MESSAGE, bandwidth = 1_000_000)
    @SmtpFault(on = On.MAIL, address = "<>", reply = "550 5.7.1 No bounces", after = 1, probability = .99, seed = 3)
    @SmtpFault(on = On.STARTTLS, reply = "454 4.7.0 No TLS now")
    @SmtpFault(on = On.QUIT, delayMillis = 1)
    void annotations_know_all_places() {
        try (Dialogue client = client().greets()) {
            client.says("STARTTLS").hearsLine("454 4.7.0 No TLS now");
            client.says("MAIL FROM:<>").hears("250").says("RSET").hears("250");
            client.says("MAIL FROM:<>").hearsLine("550 5.7.1 No bounces");
            sent(client, TEXT.repeat(3));
            assertThatThrownBy(() -> client.hears("250")).isInstanceOf(AssertionError.class);
        }
        delivered();
        assertThat(smtp.server().messages()).hasSize(1);
    }

    @Test
    void the_own_server_answers_as_it_is_told() {
        smtp.server().reply("RCPT", "550-5.1.1 No such user", "550 5.1.1 here").offers("AUTH PLAIN LOGIN");
        smtp.server().reply(".", "554 5.6.0 Not that");
        try (Dialogue client = client()) {
            client.hears("220").says("EHLO client.test");
            assertThat(client.reply()).anyMatch(line -> line.endsWith("AUTH PLAIN LOGIN"));
            client.says("AUTH PLAIN AGEAYg==").hears("235");
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hears("550").says("DATA").hears("5");
            smtp.server().reply("RCPT", "250 2.1.5 Well");
            client.says("RCPT TO:<b@dest.test>").hearsLine("250 2.1.5 Well");
            client.says("DATA").hears("354").sends(".a\r\n.\r\n").hearsLine("554 5.6.0 Not that");
            client.says("QUIT").hears("221");
        }
        assertThat(smtp.awaitConversation())
                .sent("AUTH")
                .refused(550)
                .refused(554)
                .notDelivered();
        assertThat(smtp.server().messages()).isEmpty();
        assertThat(smtp.record()).contains("AUTH PLAIN").doesNotContain("AGEAYg==");
    }

    @Test
    void what_an_assertion_says_shows_both_lanes_and_the_faults() {
        smtp.onRcpt().reply(451, "4.7.1", "later");
        try (Dialogue client = client().greets()) {
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hears("451").says("QUIT").hears("221");
        }
        Conversation conversation = smtp.awaitConversation();
        assertThatThrownBy(() -> assertThat(conversation).delivered())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("to be delivered, but it was session ")
                .hasMessageContaining(" -> RCPT TO:<b@dest.test>")
                .hasMessageContaining(" <- 451 4.7.1 later")
                .hasMessageContaining("!! Refuse");
        for (Runnable wrong : List.<Runnable>of(
                () -> assertThat(conversation).notRefused(),
                () -> assertThat(conversation).refused(450),
                () -> assertThat(conversation).refused(451, "4.2.1"),
                () -> assertThat(conversation).from("b@client.test"),
                () -> assertThat(conversation).toRecipients("b@dest.test"),
                () -> assertThat(conversation).sent("STARTTLS"),
                () -> assertThat(conversation).neverSent("MAIL"))) {
            assertThatThrownBy(wrong::run).isInstanceOf(AssertionError.class);
        }
        assertThat(conversation.outcome().map(Outcome::result)).contains(Outcome.Result.REFUSED);
    }

    @Test
    void a_conversation_is_a_transaction_or_a_session_without_one() {
        try (Dialogue client = client().greets()) {
            sent(client, TEXT);
            client.hears("250");
            sent(client, TEXT);
            client.hears("250").says("QUIT").hears("221");
        }
        client().greets().close();
        String session = smtp.awaitConversation().session();
        assertThat(smtp.awaitConversation().session()).isEqualTo(session);
        Conversation last = smtp.awaitConversation();
        assertThat(last).notDelivered().notRefused();
        assertThat(last.session()).isNotEqualTo(session);
        assertThat(last.outcome()).isEmpty();
    }

    @Test
    void a_server_of_its_own_is_asked_for_where_there_is_one_only() {
        assertThatThrownBy(
                        () -> SmtpFaultsExtension.before("127.0.0.1", () -> 25).server())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("own");
        assertThatThrownBy(() -> SmtpFaultsExtension.ownServer().port())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("registered");
        assertThatThrownBy(() -> smtp.patience(Duration.ZERO)).hasMessageContaining("patience");
        assertThatThrownBy(() -> smtp.portProperty(" ")).hasMessageContaining("portProperty");
        assertThatThrownBy(() -> smtp.server().offers("a\r\nb")).hasMessageContaining("keyword");
        assertThatThrownBy(() -> smtp.server().reply("RCPT", "no reply")).isInstanceOf(IllegalArgumentException.class);
    }
}
