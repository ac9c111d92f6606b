package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.TlsPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A destination that takes one EHLO or HELO, as OpenSMTPD does, hears no second one of the proxy's own. */
class OneHelloTest extends ProxyTest {

    private static final SSLContext SERVER = Certificate.LOCAL.shown();
    private static final SSLContext CLIENT = Certificate.LOCAL.trusted();
    private static final Endpoint STARTTLS = ENDPOINT.offerStartTls(SERVER);

    /** How a client comes to where it may send mail. */
    private enum Beginning {
        PLAINTEXT(ENDPOINT) {
            @Override
            void begin(Dialogue client, String hello) {
                client.hears("220").says(hello).hears("250");
            }
        },
        STARTTLS_BEHIND_EHLO(STARTTLS) {
            @Override
            void begin(Dialogue client, String hello) {
                client.greets().startsTls(CLIENT).says(hello).hears("250");
            }
        },
        STARTTLS_AT_ONCE(STARTTLS) {
            @Override
            void begin(Dialogue client, String hello) {
                client.hears("220").startsTls(CLIENT).says(hello).hears("250");
            }
        },
        STARTTLS_BEHIND_MAIL(STARTTLS) {
            @Override
            void begin(Dialogue client, String hello) {
                client.greets().envelope().startsTls(CLIENT).says(hello).hears("250");
            }
        },
        IMPLICIT(ENDPOINT.implicitTls(SERVER)) {
            @Override
            void begin(Dialogue client, String hello) {
                client.secures(CLIENT).hears("220").says(hello).hears("250");
            }
        };

        final Endpoint endpoint;

        Beginning(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        abstract void begin(Dialogue client, String hello);
    }

    /** What the destination is told before mail. */
    private enum Told {
        NOTHING,
        LOGIN {
            @Override
            Destination of(Destination there) {
                return there.credentials("proxy", "open sesame");
            }
        },
        XCLIENT {
            @Override
            Destination of(Destination there) {
                return there.announce(ClientAnnouncement.XCLIENT);
            }
        },
        XFORWARD {
            @Override
            Destination of(Destination there) {
                return there.announce(ClientAnnouncement.XFORWARD);
            }
        };

        Destination of(Destination there) {
            return there;
        }
    }

    @BeforeEach
    void takes_one_hello() {
        destination
                .takesOneHello()
                .offers("AUTH PLAIN")
                .offers("XCLIENT NAME ADDR PROTO HELO")
                .offers("XFORWARD NAME ADDR PROTO HELO");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        destination.on("XCLIENT").reply("220 dest.test begins anew");
        destination.on("XFORWARD").reply("250 2.0.0 Ok");
    }

    private Destination with(TlsPolicy policy) {
        if (policy == TlsPolicy.IMPLICIT) {
            destination.implicitTls(SERVER);
        } else if (policy != TlsPolicy.NONE) {
            destination.startTls(SERVER);
        }
        return policy.to(destination.destination(), CLIENT);
    }

    private static Router router(Destination there, boolean late) {
        return late ? Router.byRecipientDomain().otherwise(there) : Router.to(there);
    }

    static Stream<Arguments> ways() {
        List<Arguments> ways = new ArrayList<>();
        for (TlsPolicy policy : TlsPolicy.values()) {
            for (Told told : Told.values()) {
                boolean secretInPlaintext = told == Told.LOGIN && policy == TlsPolicy.NONE;
                for (boolean late : secretInPlaintext ? new boolean[0] : new boolean[] {false, true}) {
                    ways.add(Arguments.of(policy, told, late));
                }
            }
        }
        return ways.stream();
    }

    private static void sends(Dialogue client) {
        client.envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void mail_goes_however_the_client_begins(TlsPolicy policy, Told told, boolean late) {
        Router router = router(told.of(with(policy)), late);
        List<Beginning> beginnings = Arrays.asList(Beginning.values());
        for (Beginning beginning : beginnings) {
            SmtpProxy proxy = started(proxy(beginning.endpoint, router));
            for (String hello : List.of("EHLO client.test", "HELO client.test", "EHLO other.test")) {
                Dialogue client = clientOf(proxy);
                beginning.begin(client, hello);
                sends(client);
            }
        }
        assertThat(destination.messages()).hasSize(3 * beginnings.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"EHLO", "HELO"})
    void what_the_client_repeats_is_relayed_and_refused_and_the_transaction_goes_on(String verb) {
        clientOf(proxy())
                .hears("220")
                .says(verb + " client.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says(verb + " client.test")
                .hearsLine("503 5.5.1 Invalid command: Already identified")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        assertThat(destination.heard(verb)).hasSize(2);
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = TlsPolicy.class,
            names = {"OPPORTUNISTIC", "REQUIRED"})
    void helo_that_the_client_repeats_is_refused_by_the_destination_once(TlsPolicy policy) {
        clientOf(proxy(ENDPOINT, Router.to(with(policy))))
                .hears("220")
                .says("HELO client.test")
                .hearsLine("250 dest.test")
                .says("HELO client.test")
                .hearsLine("503 5.5.1 Invalid command: Already identified")
                .envelope();
        assertThat(destination.heard())
                .containsExactly(
                        "EHLO client.test",
                        "STARTTLS",
                        "(TLS)",
                        "EHLO client.test",
                        "EHLO client.test",
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@dest.test>");
    }

    @Test
    void where_transactions_are_routed_late_ehlo_may_be_repeated_and_ends_the_transaction() {
        clientOf(proxy(ENDPOINT, router(destination.destination(), true)))
                .greets()
                .envelope()
                .says("EHLO again.test")
                .hears("250-proxy.test")
                .says("RCPT TO:<c@dest.test>")
                .hears("503")
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1");
        assertThat(destination.heard("EHLO")).endsWith("EHLO again.test");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void a_client_that_a_filter_turned_away_behind_the_destinations_welcome_may_try_again() {
        Filter picky = new Filter() {
            @Override
            public Reply hello(Hello hello, Chain<Hello> next) {
                Reply reply = next.proceed(hello);
                return hello.name().equals("client.test") ? reply : Reply.refusal(550, "5.7.1", "Not by that name");
            }
        };
        clientOf(proxy().filter(picky))
                .hears("220")
                .says("EHLO other.test")
                .hearsLine("550 5.7.1 Not by that name")
                .says("EHLO client.test")
                .hears("250-dest.test")
                .envelope();
    }

    @Test
    void a_client_that_the_destination_turned_away_tries_again_on_the_same_connection() {
        destination.on("EHLO").reply("502 5.5.1 dest.test is old");
        clientOf(proxy())
                .hears("220")
                .says("EHLO client.test")
                .hears("502")
                .says("HELO client.test")
                .hearsLine("250 dest.test");
        assertThat(destination.connections()).isEqualTo(1);
    }
}
