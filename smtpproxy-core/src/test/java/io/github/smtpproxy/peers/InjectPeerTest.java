package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.simplejavamail.MailException;
import org.simplejavamail.api.mailer.Mailer;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;

/** Faults in front of a real Postfix, and a real client that gets them. */
@Tag("servers")
class InjectPeerTest {

    private final NothingLeft ending = new NothingLeft();
    private final Inject inject = Inject.faults();
    private PostfixServer postfix;
    private Mailer mailer;

    @BeforeEach
    void start() {
        postfix = PostfixServer.start();
        SmtpProxy proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test"))
                .router(Router.to(postfix.destination()))
                .faults(inject));
        mailer = MailerBuilder.withSMTPServer("127.0.0.1", proxy.address().getPort())
                .withTransportStrategy(TransportStrategy.SMTP)
                .buildMailer();
    }

    @AfterEach
    void stop() throws Exception {
        try {
            mailer.close();
            ending.close();
        } finally {
            if (postfix != null) {
                postfix.close();
            }
        }
    }

    private void send(String text) {
        mailer.sendMail(EmailBuilder.startingBlank()
                .from("a@c.test")
                .to("alice@dest.test")
                .withSubject("faults")
                .withPlainText(text)
                .buildEmail());
    }

    private void fails(String text, String why) {
        assertThatThrownBy(() -> send(text)).isInstanceOf(MailException.class).hasStackTraceContaining(why);
    }

    @Test
    void what_is_refused_or_broken_is_not_delivered_and_what_is_sent_again_is_delivered_once() {
        inject.onRcpt("alice@dest.test").times(1).reply(450, "4.2.1", "busy");
        inject.onMessage().times(1).reply(451, "4.3.0", "Not today");
        inject.onMessage().times(1).afterOctets(1_000).reset();
        fails("first", "450 4.2.1 busy");
        fails("second", "451 4.3.0 Not today");
        fails("third ".repeat(400), "");
        send("fourth");
        assertThat(postfix.mailOf("alice")).contains("fourth");
        assertThat(postfix.log()).containsOnlyOnce("status=sent");
    }

    @Test
    void a_message_whose_reply_is_lost_is_delivered_and_the_client_cannot_know() {
        inject.onMessage().loseReply();
        fails("lost", "");
        assertThat(postfix.mailOf("alice")).contains("lost");
    }

    @Test
    void a_slow_server_that_sends_its_replies_in_pieces_is_waited_for() {
        inject.onConnect().sliceReply(3, Duration.ofMillis(1));
        inject.onEhlo().hide("PIPELINING");
        inject.onMessage().bandwidth(100_000);
        send("slow ".repeat(2_000));
        await().until(() -> postfix.log().contains("status=sent"));
        assertThat(postfix.mailOf("alice")).contains("slow slow");
    }
}
