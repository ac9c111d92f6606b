package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.simplejavamail.api.email.Email;
import org.simplejavamail.api.mailer.Mailer;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;

/** A real Postfix behind the proxy, real clients before it: what comes back are Postfix's own words. */
@Tag("servers")
class PostfixPeerTest {

    private static final String MESSAGE =
            "Subject: dots\r\n\r\nhello\r\n.a line with a dot\r\n..and two\r\n\r\nend\r\n";

    private final NothingLeft ending = new NothingLeft();
    private PostfixServer postfix;
    private SmtpProxy proxy;

    @BeforeEach
    void start() {
        postfix = PostfixServer.start();
        proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test"))
                .router(Router.to(postfix.destination())));
    }

    @AfterEach
    void stop() {
        try {
            ending.close();
        } finally {
            if (postfix != null) {
                postfix.close();
            }
        }
    }

    @Test
    void swaks_hears_the_queue_id_and_its_mail_arrives() {
        Peer.require("/usr/bin/swaks");
        Peer.Run run = swaks(here(), "alice@dest.test", MESSAGE);
        assertThat(run.output()).contains("<-  250 2.0.0 Ok: queued as ");
        assertThat(postfix.mailOf("alice"))
                .contains("by proxy.test with ESMTP id ", "\n.a line with a dot\n..and two\n");
    }

    @Test
    void curl_sends_through_the_proxy() {
        Peer.require("/usr/bin/curl");
        Peer.Run run = Peer.run(
                MESSAGE,
                "/usr/bin/curl",
                "-sv",
                "--url",
                "smtp://" + here() + "/c.test",
                "--mail-from",
                "a@c.test",
                "--mail-rcpt",
                "alice@dest.test",
                "--upload-file",
                "-");
        assertThat(run.output()).contains("250 2.0.0 Ok: queued as ");
        assertThat(postfix.mailOf("alice")).contains("\n.a line with a dot\n..and two\n");
    }

    @Test
    void msmtp_sends_through_the_proxy() {
        Peer.require("/usr/bin/msmtp");
        String port = Integer.toString(proxy.address().getPort());
        Peer.Run run = Peer.run(
                MESSAGE.replace("\r\n", "\n"),
                "/usr/bin/msmtp",
                "--debug",
                "--host=127.0.0.1",
                "--port=" + port,
                "--from=a@c.test",
                "alice@dest.test");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("250 2.0.0 Ok: queued as ");
        assertThat(postfix.mailOf("alice")).contains("\n.a line with a dot\n..and two\n");
    }

    @Test
    void simple_java_mail_sends_through_the_proxy_and_is_told_of_an_unknown_recipient() throws Exception {
        Mailer mailer = MailerBuilder.withSMTPServer(
                        "127.0.0.1", proxy.address().getPort())
                .withTransportStrategy(TransportStrategy.SMTP)
                .buildMailer();
        mailer.sendMail(mailTo("alice@dest.test"));
        assertThat(postfix.mailOf("alice")).contains("Subject: plain");
        assertThatThrownBy(() -> mailer.sendMail(mailTo("nobody@dest.test")))
                .hasStackTraceContaining("550 5.1.1 <nobody@dest.test>: Recipient address rejected: User unknown");
        mailer.close();
    }

    private static Email mailTo(String recipient) {
        return EmailBuilder.startingBlank()
                .from("a@c.test")
                .to(recipient)
                .withSubject("plain")
                .withPlainText("Gr\u00fc\u00dfe")
                .buildEmail();
    }

    @Test
    void pipelined_good_unknown_and_too_large_mail_is_answered_as_without_the_proxy() throws Exception {
        Peer.require("/usr/bin/swaks");
        String straight = address(postfix.destination());
        Path large = Files.writeString(Files.createTempFile("large", ".eml"), "Subject: l\n\n" + "x\n".repeat(60_000));
        for (String[] mail : new String[][] {
            {"bob@dest.test", MESSAGE}, {"nobody@dest.test", MESSAGE}, {"bob@dest.test", "@" + large}
        }) {
            List<String> replies = replies(swaks(here(), mail[0], mail[1]));
            assertThat(replies).hasSizeGreaterThan(5).isEqualTo(replies(swaks(straight, mail[0], mail[1])));
        }
        Files.delete(large);
    }

    private static Peer.Run swaks(String server, String to, String data) {
        return Peer.run(
                "",
                "/usr/bin/swaks",
                "--server",
                server,
                "--ehlo",
                "c.test",
                "--from",
                "a@c.test",
                "--to",
                to,
                "--pipeline",
                "--data",
                data.replace("\r\n", "\\n"));
    }

    /** What may differ: the queue's id, and extensions that the proxy does not carry yet. */
    private static List<String> replies(Peer.Run run) {
        Stream<String> lines = run.output().lines().filter(l -> l.startsWith("<"));
        return lines.map(l -> l.replaceFirst("queued as \\w+", "queued as ID").replaceFirst("250[- ]", "250 "))
                .filter(l -> !l.matches("<..? ?250 (STARTTLS|AUTH.*|CHUNKING|ETRN)"))
                .toList();
    }

    private String here() {
        return "127.0.0.1:" + proxy.address().getPort();
    }

    private static String address(Destination destination) {
        return destination.toString();
    }
}
