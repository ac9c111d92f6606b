package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a real Postfix delivers of messages with odd first lines is the same with the proxy's Received field as without: as
 * what it is given by DATA. (What it is given by BDAT, Postfix itself puts its field before without a look.)
 */
@Tag("servers")
class FirstLinesPeerTest {

    private static final String FROM = "From root@c.test Tue Nov 24 10:00:00 2026\r\n";

    private static final List<String> MESSAGES = List.of(
            "Subject: x\r\n\r\nhello\r\n",
            FROM + "Subject: x\r\n\r\nhello\r\n",
            ">" + FROM + FROM + "Subject: x\r\n\r\nhello\r\n",
            FROM + " folded\r\nSubject: x\r\n\r\nhello\r\n",
            " hello\r\nSubject: x\r\n\r\nbody\r\n",
            "\thello\r\n",
            "\r\nhello\r\n",
            "\r\n hello\r\n",
            "no field\r\nSubject: x\r\n\r\nhello\r\n",
            "From : a@c.test\r\nSubject: x\r\n\r\nhello\r\n",
            "");

    private final NothingLeft ending = new NothingLeft();
    private PostfixServer postfix;

    @BeforeEach
    void start() {
        postfix = PostfixServer.start();
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

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void it_is_delivered_as_without_the_proxy(boolean filtered, boolean chunks) {
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test"))
                .router(Router.to(postfix.destination()));
        SmtpProxy proxy = ending.start(filtered ? builder.filter(LimitSize.to(100_000)) : builder);
        InetSocketAddress there =
                new InetSocketAddress("127.0.0.1", postfix.destination().port());
        for (String message : MESSAGES) {
            send(there, "alice", message, false);
            send(proxy.address(), "bob", message, chunks);
            assertThat(ofTheClient(postfix.mailOf("bob"), "bob"))
                    .isEqualTo(ofTheClient(postfix.mailOf("alice"), "alice"));
        }
    }

    private static void send(InetSocketAddress to, String user, String message, boolean chunks) {
        try (Dialogue client = Dialogue.with(to)) {
            client.hears("220")
                    .says("EHLO c.test")
                    .hears("250")
                    .says("MAIL FROM:<a@c.test>")
                    .hears("250")
                    .says("RCPT TO:<" + user + "@dest.test>")
                    .hears("250");
            if (chunks) {
                client.sends("BDAT " + message.length() + " LAST\r\n" + message);
            } else {
                client.says("DATA").hears("354").sends(message + ".\r\n");
            }
            client.hears("250").says("QUIT").hears("221");
        }
    }

    /** Without what servers put before it. */
    private static String ofTheClient(String mail, String user) {
        return mail.replaceAll(
                        "(?m)^(Return-Path|X-Original-To|Delivered-To|Received|Message-Id|Date):.*\n(?:[ \t].*\n)*", "")
                .replace(user, "user");
    }
}
