package com.example.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.SmtpProxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.simplejavamail.MailException;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;
import org.subethamail.wiser.WiserMessage;

class MailFrontTest {

    private final Wiser server = Wiser.create(SMTPServer.port(0));
    private SmtpProxy front;

    @BeforeEach
    void start() {
        server.start();
        front = MailFront.start(0, "127.0.0.1", server.getServer().getPortAllocated());
    }

    @AfterEach
    void stop() {
        front.close();
        server.stop();
    }

    @Test
    void our_mail_reaches_the_server() {
        send("ann@example.com");

        assertThat(server.getMessages())
                .extracting(WiserMessage::getEnvelopeReceiver)
                .containsExactly("ann@example.com");
    }

    @Test
    void mail_for_others_is_refused_while_the_client_is_there() {
        assertThatThrownBy(() -> send("ann@example.org"))
                .isInstanceOf(MailException.class)
                .hasRootCauseMessage("550 5.7.1 No mail for other domains\n");
        assertThat(server.getMessages()).isEmpty();
    }

    private void send(String to) {
        MailerBuilder.withSMTPServer("127.0.0.1", front.address().getPort())
                .withTransportStrategy(TransportStrategy.SMTP)
                .buildMailer()
                .sendMail(EmailBuilder.startingBlank()
                        .from("host@example.net")
                        .to(to)
                        .withSubject("Hello")
                        .withPlainText("From outside.")
                        .buildEmail());
    }
}
