package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import jakarta.mail.Address;
import jakarta.mail.SendFailedException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.simplejavamail.MailException;
import org.simplejavamail.api.email.Email;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;
import org.subethamail.wiser.WiserMessage;

/** Tests an application that sends mail: the proxy stands between it and its server, and fails what the test wants. */
class IntegrationExampleTest {

    private final Wiser server = Wiser.create(SMTPServer.port(0));

    @BeforeEach
    void startServer() {
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop();
    }

    // snippet: integration-test
    @Test
    void anInvitationReachesTheOthersWhenOneRecipientIsRefused() {
        Filter refuseTheThird = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                boolean third = next.transaction().recipients().size() == 2;
                return third ? Reply.reject("5.1.1", "No such user") : next.proceed(rcpt);
            }
        };
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0))
                .router(Router.to(Destination.at("127.0.0.1", server.getServer().getPortAllocated())))
                .filter(refuseTheThird)
                .start()) {
            Invitations application = new Invitations(proxy.address().getPort());

            List<String> refused = application.invite("ann@example.org", "ben@example.org", "cy@example.org");

            assertThat(refused).containsExactly("cy@example.org");
            assertThat(server.getMessages())
                    .extracting(WiserMessage::getEnvelopeReceiver)
                    .containsExactly("ann@example.org", "ben@example.org");
        }
    }
    // end

    /** The application under test. */
    private record Invitations(int port) {

        /** Invites these, and returns those that the server rejected. */
        List<String> invite(String... guests) {
            Email invitation = EmailBuilder.startingBlank()
                    .from("host@example.com")
                    .toMultiple(guests)
                    .withSubject("You are invited")
                    .withPlainText("On Sunday, at five.")
                    .buildEmail();
            try {
                MailerBuilder.withSMTPServer("127.0.0.1", port)
                        .withTransportStrategy(TransportStrategy.SMTP)
                        .withProperty("mail.smtp.sendpartial", "true")
                        .buildMailer()
                        .sendMail(invitation);
                return List.of();
            } catch (MailException failed) {
                if (failed.getCause() instanceof SendFailedException partly) {
                    return Stream.of(partly.getInvalidAddresses())
                            .map(Address::toString)
                            .toList();
                }
                throw failed;
            }
        }
    }
}
