package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.NothingLeft;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Real clients send through the proxy into a real OpenSMTPD, which takes one EHLO or HELO and no second one. */
@Tag("servers")
class OpenSmtpdPeerTest {

    private static final Endpoint ENDPOINT = Endpoint.at("127.0.0.1", 0).hostname("proxy.test");
    private static final Endpoint SUBMISSION = ENDPOINT.requireStartTls(Certificate.LOCAL.shown())
            .authenticate((user, password) -> user.equals("alice") && password.equals("sesame"));

    private static OpenSmtpdServer opensmtpd;
    private static HaProxy tls;

    private final NothingLeft ending = new NothingLeft();

    /** How the proxy speaks to it. */
    private enum Way {
        PLAINTEXT {
            @Override
            Destination destination() {
                return opensmtpd.destination();
            }
        },
        OPPORTUNISTIC {
            @Override
            Destination destination() {
                return opensmtpd.destination().startTls(StartTls.OPPORTUNISTIC);
            }
        },
        IMPLICIT_TLS {
            @Override
            Destination destination() {
                return Destination.at("127.0.0.1", tls.port()).implicitTls().trust(Certificate.LOCAL.trusted());
            }
        };

        abstract Destination destination();

        Router router(boolean late) {
            return late ? Router.byRecipientDomain().otherwise(destination()) : Router.to(destination());
        }
    }

    @BeforeAll
    static void start() {
        HaProxy.require();
        opensmtpd = OpenSmtpdServer.start();
        tls = HaProxy.endingTlsBefore(opensmtpd.port(), Certificate.LOCAL);
    }

    @AfterAll
    static void stop() {
        if (tls != null) {
            tls.close();
        }
        if (opensmtpd != null) {
            opensmtpd.close();
        }
    }

    @AfterEach
    void nothing_is_left() {
        ending.close();
    }

    private int port(Endpoint endpoint, Way way, boolean late) {
        return ending.start(SmtpProxy.builder().listen(endpoint).router(way.router(late)))
                .address()
                .getPort();
    }

    static Stream<Arguments> ways() {
        return Stream.of(Way.values()).flatMap(w -> Stream.of(Arguments.of(w, false), Arguments.of(w, true)));
    }

    static Stream<Arguments> clients() {
        List<Arguments> all = new ArrayList<>();
        for (MailClient client : List.of(MailClient.SWAKS, MailClient.CURL, MailClient.MSMTP)) {
            ways().forEach(way -> all.add(Arguments.of(client, way.get()[0], way.get()[1])));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("clients")
    void mail_that_comes_over_starttls_arrives(MailClient client, Way way, boolean late) {
        client.require();
        int port = port(SUBMISSION, way, late);
        Peer.Run run = client.send(new MailClient.Submission(port, "alice", "sesame", "bob@dest.test"));
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(opensmtpd.mail()).contains(" by proxy.test with ESMTPSA id ").contains("\n.a line with a dot\n");
    }

    @ParameterizedTest
    @MethodSource("ways")
    void mail_of_a_client_that_says_helo_arrives(Way way, boolean late) {
        Peer.Run run = swaks(port(ENDPOINT, way, late), "bob@dest.test");
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).containsPattern("<-  250 2.0.0 \\w+ Message accepted for delivery");
        assertThat(opensmtpd.mail()).contains(" by proxy.test with SMTP id ").contains("\n.dot\n");
    }

    @Test
    void an_unknown_recipient_is_refused_in_the_words_of_opensmtpd() {
        assertThat(swaks(port(ENDPOINT, Way.PLAINTEXT, false), "nobody@dest.test")
                        .output())
                .contains("<** 524 5.2.4 Mailing list expansion problem: <nobody@dest.test>");
    }

    private static Peer.Run swaks(int port, String to) {
        Peer.require("/usr/bin/swaks");
        return Peer.run(
                "",
                "/usr/bin/swaks",
                "--server=127.0.0.1:" + port,
                "--protocol=SMTP",
                "--ehlo=c.test",
                "--from=a@c.test",
                "--to=" + to,
                "--data=Subject: s\\n\\nhello\\n.dot\\n");
    }
}
