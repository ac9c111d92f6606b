package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.net.InetAddress;
import java.util.Locale;
import java.util.function.Predicate;
import org.simplejavamail.MailException;
import org.simplejavamail.api.email.Email;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;
import org.subethamail.smtp.server.SMTPServer;

/** A filter that rejects mail from outside with one of our own senders. */
public final class CustomFilter {

    private CustomFilter() {}

    // snippet: filter
    /** Rejects our own domain as sender, in the envelope and in the From field, if the client is outside. */
    record RefuseForgedSenders(String ourDomain, Predicate<InetAddress> ours) implements ContentFilter {

        private static final Reply FORGED = Reply.reject("5.7.1", "Our own senders do not come from outside");

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return isOutside(next) && mail.isFrom(ourDomain) ? FORGED : next.proceed(mail);
        }

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            String from = message.headers().first("From").orElse("").toLowerCase(Locale.ROOT);
            return isOutside(next) && from.contains("@" + ourDomain) ? FORGED : next.proceed(message);
        }

        private boolean isOutside(Chain<?> next) {
            return !ours.test(next.session().remoteAddress().getAddress());
        }
    }
    // end

    /** Sends two messages, the second of which is rejected. */
    public static void main(String[] args) {
        SMTPServer destination = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .messageHandler((context, from, to, data) -> System.out.println("delivered: from <" + from + ">"))
                .build();
        destination.start();
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0))
                .router(Router.to(Destination.at("127.0.0.1", destination.getPortAllocated())))
                // here, even the loopback address counts as outside
                .filter(new RefuseForgedSenders("example.org", address -> false))
                .start()) {
            send(proxy.address().getPort(), "alice@example.com");
            send(proxy.address().getPort(), "director@example.org");
        } finally {
            destination.stop();
        }
    }

    private static void send(int port, String sender) {
        Email email = EmailBuilder.startingBlank()
                .from(sender)
                .to("bob@example.org")
                .withSubject("Invoice")
                .withPlainText("Please pay.")
                .buildEmail();
        try {
            MailerBuilder.withSMTPServer("127.0.0.1", port)
                    .withTransportStrategy(TransportStrategy.SMTP)
                    .buildMailer()
                    .sendMail(email);
        } catch (MailException refused) {
            System.out.println("refused: " + refused.getCause().getMessage().strip());
        }
    }
}
