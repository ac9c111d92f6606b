package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.simplejavamail.api.email.Email;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;
import org.subethamail.smtp.server.SMTPServer;

/**
 * A destination, a proxy and a sender in one program, on free ports of the loopback address. It prints the
 * conversations of client and proxy and of proxy and destination, then the message that was delivered.
 */
public final class Quickstart {

    private Quickstart() {}

    /** Runs it. */
    public static void main(String[] args) {
        List<String> delivered = new CopyOnWriteArrayList<>();
        SMTPServer destination = startDestination(delivered);
        try {
            relayOneMessage(destination.getPortAllocated());
        } finally {
            destination.stop();
        }
        System.out.println();
        System.out.println("delivered");
        delivered.forEach(System.out::print);
    }

    private static SMTPServer startDestination(List<String> delivered) {
        SMTPServer destination = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .hostName("mail.example.org")
                .softwareName("destination")
                .messageHandler((context, from, to, data) -> delivered.add(
                        "from <" + from + "> to <" + to + ">\n" + new String(data, StandardCharsets.UTF_8)))
                .build();
        destination.start();
        return destination;
    }

    private static void relayOneMessage(int destinationPort) {
        TwoLanes lanes = TwoLanes.of(System.out);
        lanes.heading("client and proxy", "proxy and destination");
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.example.org"))
                .router(Router.to(Destination.at("127.0.0.1", destinationPort)))
                .filter(LimitSize.to(10_000_000))
                .transcript(lanes)
                .start()) {
            send(proxy.address().getPort());
        }
    }

    private static void send(int port) {
        Email email = EmailBuilder.startingBlank()
                .from("Alice", "alice@example.com")
                .to("Bob", "bob@example.org")
                .withSubject("Hello through the proxy")
                .withPlainText("It answered with the destination's own words.")
                .buildEmail();
        MailerBuilder.withSMTPServer("127.0.0.1", port)
                .withTransportStrategy(TransportStrategy.SMTP)
                .buildMailer()
                .sendMail(email);
    }
}
