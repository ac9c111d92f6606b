package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** XCLIENT from those in front and to those behind, XFORWARD, and the name that a destination hears. */
class XclientTest extends ProxyTest {

    private static final Endpoint TRUSTING = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.0/8"));
    private static final String OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply connect(Session session, Chain<Session> next) {
            seen.add("connect " + session.remoteAddress() + " " + session.localAddress());
            return next.proceed(session);
        }

        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            seen.add("hello " + hello.name());
            return next.proceed(hello);
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add("mail of " + next.session().identity() + " at "
                    + next.session().remoteAddress());
            return next.proceed(mail);
        }
    };

    private Dialogue client(Endpoint endpoint) {
        return clientOf(proxy(endpoint).filter(looking));
    }

    private Dialogue announced(Destination to, String... offers) {
        destination.offers(offers).on("XCLIENT").reply("220 dest.test begins anew");
        destination.on("XFORWARD").reply("250 2.0.0 Ok");
        return clientOf(proxy(ENDPOINT, Router.to(to)));
    }

    private Destination by(ClientAnnouncement how) {
        return destination.destination().announce(how);
    }

    @Test
    void xclient_is_offered_to_listed_peers_only() {
        destination.offers("XCLIENT ADDR", "XFORWARD ADDR");
        assertThat(client(TRUSTING).hears("220").says("EHLO client.test").reply())
                .contains("250 " + OFFER)
                .doesNotContain("250-XCLIENT ADDR", "250-XFORWARD ADDR");
        assertThat(client(ENDPOINT).hears("220").says("EHLO client.test").reply())
                .noneMatch(l -> l.contains("XCLIENT") || l.contains("XFORWARD"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "XCLIENT ADDR=192.0.2.1",
                "XFORWARD ADDR=192.0.2.1",
                "xclient addr=192.0.2.1",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 2"
            })
    void what_a_client_says_of_itself_never_reaches_the_destination(String command) {
        destination.offers("XCLIENT ADDR", "XFORWARD ADDR");
        client(ENDPOINT).greets().says(command).hears("502 5.5.1").says("NOOP").hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void xforward_of_a_listed_peer_does_not_reach_the_destination() {
        client(TRUSTING).greets().says("XFORWARD ADDR=192.0.2.1").hears("250 2.0.0");
        assertThat(destination.heard("XFORWARD")).isEmpty();
    }

    @Test
    void the_session_begins_anew_as_the_clients() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1 PORT=99 HELO=real+2Btest LOGIN=alice DESTADDR=192.0.2.2 DESTPORT=587")
                .hears("220 dest.test ESMTP")
                .says("EHLO balancer.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen.subList(2, 5))
                .containsExactly(
                        "connect /192.0.2.1:99 /192.0.2.2:587",
                        "hello real+test",
                        "mail of Optional[alice] at /192.0.2.1:99");
        assertThat(destination.connections()).isEqualTo(2);
        assertThat(destination.heard("EHLO")).containsExactly("EHLO client.test", "EHLO real+test");
    }

    @Test
    void an_ipv6_client_is_announced_as_well() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7")
                .hears("220");
        assertThat(seen.get(2)).startsWith("connect /[2001:db8:0:0:0:0:0:7]:0 ");
    }

    @Test
    void several_commands_tell_of_one_client() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT HELO=real.test LOGIN=alice")
                .hears("220")
                .says("XCLIENT PORT=99 ADDR=192.0.2.1")
                .hears("220")
                .says("EHLO balancer.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen).contains("hello real.test").endsWith("mail of Optional[alice] at /192.0.2.1:99");
    }

    @Test
    void the_next_client_inherits_no_name_and_no_login() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1 HELO=real.test LOGIN=alice")
                .hears("220")
                .says("EHLO balancer.test")
                .hears("250")
                .says("XCLIENT ADDR=192.0.2.3")
                .hears("220")
                .says("EHLO second.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen)
                .endsWith(
                        "connect /192.0.2.3:0 " + local(),
                        "hello second.test",
                        "mail of Optional.empty at /192.0.2.3:0");
    }

    private String local() {
        return seen.get(0).substring(seen.get(0).lastIndexOf(' ') + 1);
    }

    @Test
    void what_a_later_command_says_counts_and_what_it_takes_back_is_unknown() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT HELO=real.test LOGIN=alice ADDR=192.0.2.1")
                .hears("220")
                .says("XCLIENT HELO=other.test LOGIN=[UNAVAILABLE] PORT=7")
                .hears("220")
                .says("EHLO balancer.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen).contains("hello other.test").endsWith("mail of Optional.empty at /192.0.2.1:7");
    }

    @Test
    void a_second_address_is_another_clients() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT HELO=real.test LOGIN=alice ADDR=192.0.2.1 PORT=7")
                .hears("220")
                .says("XCLIENT ADDR=192.0.2.3")
                .hears("220")
                .says("EHLO second.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen).contains("hello second.test").endsWith("mail of Optional.empty at /192.0.2.3:0");
    }

    @Test
    void an_address_of_which_nothing_is_said_stays() {
        client(TRUSTING)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1 PORT=7")
                .hears("220")
                .says("EHLO first.test")
                .hears("250")
                .says("XCLIENT LOGIN=bob")
                .hears("220")
                .says("EHLO second.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(seen).endsWith("mail of Optional[bob] at /192.0.2.1:7");
    }

    @Test
    void what_one_in_front_knows_is_passed_on() {
        destination.offers("XCLIENT NAME ADDR PORT LOGIN").on("XCLIENT").reply("220 dest.test begins anew");
        clientOf(proxy(TRUSTING, Router.to(by(ClientAnnouncement.XCLIENT))))
                .greets()
                .says("XCLIENT NAME=real.test ADDR=192.0.2.1 LOGIN=J+C3+BCrgen")
                .hears("220")
                .says("EHLO balancer.test")
                .hears("250");
        assertThat(destination.heard("XCLIENT"))
                .endsWith("XCLIENT PORT=[UNAVAILABLE] LOGIN=J+C3+BCrgen NAME=real.test ADDR=192.0.2.1");
    }

    @Test
    void the_name_is_passed_on_by_xforward_too() {
        destination.offers("XFORWARD NAME ADDR PORT").on("XFORWARD").reply("250 2.0.0 Ok");
        clientOf(proxy(TRUSTING, Router.to(by(ClientAnnouncement.XFORWARD))))
                .greets()
                .says("XCLIENT NAME=real.test ADDR=192.0.2.1")
                .hears("220")
                .says("EHLO balancer.test")
                .hears("250")
                .envelope();
        assertThat(destination.heard("XFORWARD"))
                .containsExactly("XFORWARD PORT=[UNAVAILABLE] NAME=real.test ADDR=192.0.2.1");
    }

    @Test
    void a_login_in_octets_that_are_no_utf8_is_501() {
        client(TRUSTING).greets().says("XCLIENT LOGIN=J+FCrgen").hears("501 5.5.4");
    }

    @Test
    void a_destination_is_told_once_on_each_connection() {
        announced(by(ClientAnnouncement.XCLIENT), "XCLIENT HELO")
                .greets()
                .says("EHLO other.test")
                .hears("250")
                .says("EHLO other.test")
                .hears("250");
        assertThat(destination.heard("XCLIENT")).hasSize(2);
        assertThat(destination.connections()).isEqualTo(2);
    }

    @Test
    void a_name_of_more_than_255_octets_is_cut() {
        announced(by(ClientAnnouncement.XCLIENT), "XCLIENT HELO")
                .hears("220")
                .says("EHLO " + "h".repeat(300))
                .hears("250");
        assertThat(destination.heard("XCLIENT")).containsExactly("XCLIENT HELO=" + "h".repeat(255));
    }

    @Test
    void mail_needs_a_new_ehlo() {
        destination.on("MAIL").reply("503 5.5.1 EHLO first");
        client(TRUSTING)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("220")
                .says("MAIL FROM:<a@client.test>")
                .hears("503");
        assertThat(destination.heard("EHLO")).hasSize(1);
    }

    @Test
    void the_connect_filter_may_refuse_the_real_client() {
        clientOf(proxy(TRUSTING).filter(new Filter() {
                    @Override
                    public Reply connect(Session session, Chain<Session> next) {
                        return session.remoteAddress().getAddress().isLoopbackAddress()
                                ? next.proceed(session)
                                : Reply.refusal(554, "5.7.1", "Listed");
                    }
                }))
                .greets()
                .says("XCLIENT ADDR=192.0.2.1")
                .hearsLine("554 5.7.1 Listed")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
    }

    @Test
    void the_throttles_are_asked_for_the_real_client() {
        clientOf(proxy(TRUSTING)
                        .throttle(step -> step instanceof Step.Connect connect
                                        && !connect.session()
                                                .remoteAddress()
                                                .getAddress()
                                                .isLoopbackAddress()
                                ? Pace.refuse(Reply.refusal(421, "4.7.1", "Enough"))
                                : Pace.go()))
                .greets()
                .says("XCLIENT ADDR=192.0.2.1")
                .hearsLine("421 4.7.1 Enough")
                .hearsTheEnd();
    }

    @Test
    void within_a_transaction_it_is_out_of_order() {
        client(TRUSTING)
                .greets()
                .envelope()
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ADDR",
                "ADDR=",
                "ADDR=300.1.1.1",
                "ADDR=::1",
                "PORT=65536",
                "PORT=x",
                "SECRET=1",
                "HELO=a+0D+0Ab",
                "HELO=a+XX",
                "PROTO=LMTP",
                "ADDR=1.2.3.4 ADDR=1.2.3.4",
                "LOGIN=+00"
            })
    void what_is_malformed_is_501_and_changes_nothing(String argument) {
        client(TRUSTING)
                .greets()
                .says("XCLIENT " + argument)
                .hears("501")
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_destination_is_told_what_it_lists_in_xtext_and_hears_ehlo_again() {
        announced(by(ClientAnnouncement.XCLIENT), "XCLIENT NAME ADDR HELO LOGIN PROTO")
                .hears("220")
                .says("EHLO cli+ent=x")
                .hears("250");
        assertThat(destination.heard())
                .containsExactly(
                        "EHLO cli+ent=x",
                        "XCLIENT PROTO=ESMTP HELO=cli+2Bent+3Dx LOGIN=[UNAVAILABLE] NAME=[UNAVAILABLE] ADDR=127.0.0.1",
                        "EHLO cli+ent=x");
    }

    @Test
    void a_client_that_says_helo_is_told_of_with_ehlo_and_greeted_in_the_words_of_it() {
        announced(by(ClientAnnouncement.XCLIENT), "XCLIENT PROTO")
                .hears("220")
                .says("HELO client.test")
                .hearsLine("250 dest.test");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "XCLIENT PROTO=SMTP", "EHLO client.test");
    }

    @Test
    void a_refused_xclient_is_the_destinations_word() {
        Dialogue client = announced(by(ClientAnnouncement.XCLIENT), "XCLIENT ADDR");
        destination.on("XCLIENT").reply("550 5.7.0 You may not");
        client.hears("220").says("EHLO client.test").hearsLine("550 5.7.0 You may not");
    }

    @Test
    void a_destination_that_does_not_offer_xclient_gets_no_mail() {
        announced(by(ClientAnnouncement.XCLIENT))
                .hears("220")
                .says("EHLO client.test")
                .hears("421 4.7.0")
                .hearsTheEnd();
        assertThat(destination.heard("XCLIENT")).isEmpty();
    }

    @Test
    void another_name_is_told_again_and_the_same_one_is_not() {
        announced(by(ClientAnnouncement.XCLIENT), "XCLIENT HELO")
                .greets()
                .says("EHLO client.test")
                .hears("250")
                .says("EHLO other.test")
                .hears("250");
        assertThat(destination.heard("XCLIENT")).containsExactly("XCLIENT HELO=client.test", "XCLIENT HELO=other.test");
    }

    @Test
    void a_login_here_is_told_again_on_a_connection_of_its_own() {
        destination.offers("XCLIENT LOGIN").on("XCLIENT").reply("220 dest.test begins anew");
        Endpoint ended = ENDPOINT.authenticate((user, password) -> password.equals("sesame"))
                .plaintextAuthentication(true);
        clientOf(proxy(ended, Router.to(by(ClientAnnouncement.XCLIENT))))
                .greets()
                .says("AUTH PLAIN AGFsaWNlAHNlc2FtZQ==")
                .hears("235")
                .envelope();
        assertThat(destination.heard())
                .containsExactly(
                        "EHLO client.test",
                        "XCLIENT LOGIN=[UNAVAILABLE]",
                        "EHLO client.test",
                        "EHLO client.test",
                        "XCLIENT LOGIN=alice",
                        "EHLO client.test",
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<b@dest.test>");
        assertThat(destination.connections()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"Jürgen, J+C3+BCrgen", "用户@b.test, +E7+94+A8+E6+88+B7@b.test", "😀, +F0+9F+98+80"})
    void a_login_beyond_ascii_is_told_in_utf8(String user, String told) {
        destination.offers("XCLIENT LOGIN").on("XCLIENT").reply("220 dest.test begins anew");
        Endpoint ended = ENDPOINT.authenticate((name, password) -> true).plaintextAuthentication(true);
        String plain = Base64.getEncoder().encodeToString(("\0" + user + "\0x").getBytes(StandardCharsets.UTF_8));
        clientOf(proxy(ended, Router.to(by(ClientAnnouncement.XCLIENT))))
                .greets()
                .says("AUTH PLAIN " + plain)
                .hears("235")
                .envelope();
        assertThat(destination.heard("XCLIENT")).endsWith("XCLIENT LOGIN=" + told);
    }

    @Test
    void the_client_is_told_of_before_our_login() {
        Destination to = by(ClientAnnouncement.XCLIENT).credentials("proxy", "sesame");
        Dialogue client = announced(to, "XCLIENT ADDR", "AUTH CRAM-MD5");
        destination.on("AUTH").reply("334 PDEyMz4=");
        destination.on("cHJveHkg").reply("235 2.7.0 In");
        client.greets();
        assertThat(destination.heard().stream().map(l -> l.substring(0, 4)))
                .containsSubsequence("XCLI", "EHLO", "AUTH")
                .containsOnlyOnce("XCLI", "AUTH");
    }

    @Test
    void xforward_goes_before_each_mail() {
        Dialogue client = announced(by(ClientAnnouncement.XFORWARD), "XFORWARD ADDR HELO IDENT SOURCE");
        client.greets().envelope().says("RSET").hears("250").envelope();
        List<String> told = destination.heard().stream()
                .filter(l -> l.matches("(XFORWARD|MAIL).*"))
                .toList();
        assertThat(told).hasSize(4);
        assertThat(told.get(0)).matches("XFORWARD HELO=client.test IDENT=s[0-9]+-1 SOURCE=REMOTE ADDR=127.0.0.1");
        assertThat(told.get(1)).startsWith("MAIL");
        assertThat(told.get(2)).matches("XFORWARD HELO=client.test IDENT=s[0-9]+-2 SOURCE=REMOTE ADDR=127.0.0.1");
    }

    @Test
    void a_refused_xforward_stops_nothing() {
        Dialogue client = announced(by(ClientAnnouncement.XFORWARD), "XFORWARD ADDR");
        destination.on("XFORWARD").reply("550 5.7.0 You may not");
        client.greets().envelope();
    }

    @Test
    void a_destination_that_does_not_offer_xforward_is_not_told() {
        announced(by(ClientAnnouncement.XFORWARD)).greets().envelope();
        assertThat(destination.heard("XFORWARD")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "{client}, EHLO client.test",
        "{proxy}, EHLO proxy.test",
        "{address}.{client}.via.{proxy}, EHLO 127-0-0-1.client.test.via.proxy.test",
        "fixed.test, EHLO fixed.test"
    })
    void the_destination_hears_the_name_of_its_template(String template, String heard) {
        announced(destination.destination().helloName(HelloName.of(template))).greets();
        assertThat(destination.heard()).containsExactly(heard);
    }

    @Test
    void xclient_tells_the_clients_own_name_whatever_ehlo_says() {
        announced(by(ClientAnnouncement.XCLIENT).helloName(HelloName.own()), "XCLIENT HELO")
                .greets();
        assertThat(destination.heard())
                .containsExactly("EHLO proxy.test", "XCLIENT HELO=client.test", "EHLO proxy.test");
    }

    @ParameterizedTest
    @CsvSource({
        "LIMITS RCPTMAX=2000 MAILMAX=5, LIMITS RCPTMAX=50 MAILMAX=5",
        "LIMITS MAILMAX=5 rcptmax=999999, LIMITS MAILMAX=5 RCPTMAX=50",
        "LIMITS RCPTMAX=10, LIMITS RCPTMAX=10",
        "LIMITS MAILMAX=5, LIMITS MAILMAX=5",
        "limits RCPTMAX=51, limits RCPTMAX=50",
        "LIMITS, LIMITS",
        "REQUIRETLS, ",
        "STARTTLS, ",
        "starttls, ",
        "PRDR, ",
        "BURL imap, ",
        "ETRN, ",
        "ATRN, ",
        "TURN, ",
        "SEND, ",
        "SOML, ",
        "SAML, ",
        "X-EXPS GSSAPI NTLM, ",
        "X-EXPS=LOGIN, ",
        "XEXCH50, ",
        "X-LINK2STATE, ",
        "XADR, ",
        "XSTA, ",
        "XGEN, ",
        "Xforward NAME ADDR, ",
        "xclient NAME ADDR, ",
        "AUTH GSSAPI DIGEST-MD5, ",
        "AUTH PLAIN GSSAPI, AUTH PLAIN",
        "AUTH=PLAIN GSSAPI, AUTH=PLAIN",
        "CHUNKING, CHUNKING",
        "BINARYMIME, BINARYMIME",
        "MT-PRIORITY MIXER, MT-PRIORITY MIXER",
        "DELIVERBY 100, DELIVERBY 100",
        "FUTURERELEASE 1 2, FUTURERELEASE 1 2",
        "X-NOBODY-KNOWS it, X-NOBODY-KNOWS it",
        "X-ANONYMOUSTLS, ",
        "XPROXY, ",
        "XOORG, ",
        "-NO-KEYWORD, ",
        "NO_KEYWORD, ",
        "NO.KEYWORD 1, ",
        "KEYWORD:1, ",
        "KEYWORD\t1, ",
        "K\u00e9YWORD 1, ",
        "KEYWORD \u00e9, "
    })
    void ehlo_offers_what_can_be_carried(String theirs, String ours) {
        destination.offers(theirs);
        List<String> offered = clientOf(proxy(ENDPOINT.maxRecipients(50)))
                .hears("220")
                .says("EHLO client.test")
                .reply();
        assertThat(offered).hasSize(ours == null ? 8 : 9);
        Optional.ofNullable(ours).ifPresent(line -> assertThat(offered).contains("250-" + line));
    }
}
