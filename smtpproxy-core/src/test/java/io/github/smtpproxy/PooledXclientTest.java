package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pool whose destination is told by XCLIENT who the client of each transaction is. */
@Timeout(60)
class PooledXclientTest extends PoolTest {

    private static final String[] OFFER = {"250-dest.test", "250-XCLIENT ADDR HELO LOGIN", "250 AUTH CRAM-MD5"};

    @BeforeEach
    void offer() {
        destination.on("XCLIENT").reply("220 dest.test begins anew");
        destination.on("EHLO").reply(OFFER);
    }

    private SmtpProxy pooled(Destination to) {
        return pooled(Pool.max(1), proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")), Router.to(to)));
    }

    private SmtpProxy pooled() {
        return pooled(destination.destination().announce(ClientAnnouncement.XCLIENT));
    }

    private Dialogue client(SmtpProxy through, String address) {
        return clientOf(through)
                .greets()
                .says("XCLIENT ADDR=" + address)
                .hears("220")
                .says("EHLO client.test")
                .hears("250");
    }

    private static Dialogue sends(Dialogue client, String sender) {
        return client.says("MAIL FROM:<" + sender + ">")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("RSET")
                .hears("250");
    }

    /** Without what asks for the destination's offer. */
    private List<String> heard(String verbs) {
        return destination.heard().stream()
                .filter(line -> line.matches("(" + verbs + ")\\b.*"))
                .skip(verbs.contains("EHLO") ? 1 : 0)
                .toList();
    }

    @Test
    void a_server_that_offers_it_again_is_told_of_each_client_on_one_connection() {
        SmtpProxy through = pooled();
        Dialogue one = client(through, "192.0.2.1");
        Dialogue two = client(through, "192.0.2.2");
        sends(one, "1@client.test");
        sends(one, "2@client.test");
        sends(two, "3@client.test");
        sends(one, "4@client.test");
        assertThat(heard("EHLO|XCLIENT|MAIL"))
                .containsExactly(
                        "EHLO proxy.test",
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.1",
                        "EHLO proxy.test",
                        "MAIL FROM:<1@client.test>",
                        "MAIL FROM:<2@client.test>",
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.2",
                        "EHLO proxy.test",
                        "MAIL FROM:<3@client.test>",
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.1",
                        "EHLO proxy.test",
                        "MAIL FROM:<4@client.test>");
        assertThat(discarded).isEmpty();
    }

    @Test
    void who_introduces_itself_anew_is_named_anew() {
        Dialogue client = sends(client(pooled(), "192.0.2.1"), "1@client.test");
        sends(client.says("EHLO other.test").hears("250"), "2@client.test");
        assertThat(heard("XCLIENT|MAIL"))
                .containsExactly(
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.1",
                        "MAIL FROM:<1@client.test>",
                        "XCLIENT HELO=other.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.1",
                        "MAIL FROM:<2@client.test>");
    }

    @Test
    void the_proxy_logs_in_anew_in_the_name_of_each_client() {
        destination.on("AUTH CRAM-MD5").exchange(() -> line -> line.startsWith("AUTH") ? "334 YQ==" : "235 2.7.0 ok");
        SmtpProxy through = pooled(destination
                .destination()
                .announce(ClientAnnouncement.XCLIENT)
                .credentials(Credentials.password("proxy", "secret")));
        sends(client(through, "192.0.2.1"), "1@client.test");
        sends(client(through, "192.0.2.2"), "2@client.test");
        assertThat(heard("XCLIENT|AUTH|MAIL"))
                .extracting(line -> line.substring(0, 4))
                .endsWith("XCLI", "AUTH", "MAIL", "XCLI", "AUTH", "MAIL");
        assertThat(discarded).isEmpty();
    }

    /** Postfix does so. */
    @Test
    void a_server_that_offers_it_once_has_a_connection_for_each_client() {
        AtomicInteger hellos = new AtomicInteger();
        destination.on("EHLO").exchange(() -> line -> {
            int number = hellos.incrementAndGet();
            return number == 1 || number % 2 == 0 ? String.join("\r\n", OFFER) : "250 dest.test";
        });
        SmtpProxy through = pooled();
        Dialogue one = client(through, "192.0.2.1");
        sends(sends(one, "1@client.test"), "2@client.test");
        sends(client(through, "192.0.2.2"), "3@client.test");
        assertThat(heard("XCLIENT|MAIL"))
                .containsExactly(
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.1",
                        "MAIL FROM:<1@client.test>",
                        "MAIL FROM:<2@client.test>",
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.2",
                        "MAIL FROM:<3@client.test>");
        assertThat(discarded).containsExactly(Discard.EVICTED);
    }

    @Test
    void a_server_that_refuses_another_client_gets_a_new_connection() {
        SmtpProxy through = pooled();
        sends(client(through, "192.0.2.1"), "1@client.test");
        destination
                .on("XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.2")
                .exchange(() -> new Refusing()::answer);
        sends(client(through, "192.0.2.2"), "2@client.test");
        assertThat(destination.heard("MAIL")).hasSize(2);
        // it is known now
        sends(client(through, "192.0.2.3"), "3@client.test");
        assertThat(discarded).containsExactly(Discard.ONE_CLIENT, Discard.EVICTED);
    }

    @Test
    void a_client_that_the_server_refuses_by_xclient_costs_the_others_nothing() {
        SmtpProxy through = pooled();
        sends(client(through, "192.0.2.1"), "1@client.test");
        destination
                .on("XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.9")
                .reply("554 5.7.1 Listed");
        client(through, "192.0.2.9").says("MAIL FROM:<9@client.test>").hears("451");
        sends(client(through, "192.0.2.1"), "2@client.test");
        sends(client(through, "192.0.2.2"), "3@client.test");
        assertThat(discarded).as("that of the refused one").containsExactly(Discard.ONE_CLIENT);
    }

    private final class Refusing {
        private String answer(String line) {
            destination.on("XCLIENT").reply("220 dest.test begins anew");
            return "550 5.7.0 Error: insufficient authorization";
        }
    }

    /** It may keep what it was given of another client, where it is given no other value. */
    @Test
    void a_user_of_one_client_is_no_other_clients() {
        SmtpProxy through = pooled();
        sends(client(through, "192.0.2.1 LOGIN=alice"), "1@client.test");
        sends(client(through, "192.0.2.2"), "2@client.test");
        assertThat(heard("EHLO|XCLIENT|MAIL"))
                .containsExactly(
                        "EHLO proxy.test",
                        "XCLIENT HELO=client.test LOGIN=alice ADDR=192.0.2.1",
                        "EHLO proxy.test",
                        "MAIL FROM:<1@client.test>",
                        "EHLO proxy.test",
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.2",
                        "EHLO proxy.test",
                        "MAIL FROM:<2@client.test>");
        assertThat(discarded).containsExactly(Discard.ONE_CLIENT);
    }

    @Test
    void a_list_that_grows_shorter_leaves_nothing_of_another_client() {
        SmtpProxy through = pooled();
        sends(client(through, "192.0.2.1"), "1@client.test");
        Dialogue two = client(through, "192.0.2.2");
        destination.on("EHLO").reply("250-dest.test", "250 XCLIENT ADDR");
        sends(two, "2@client.test");
        assertThat(discarded).isEmpty();
        // HELO=client.test could be the second client's still
        sends(client(through, "192.0.2.3"), "3@client.test");
        assertThat(heard("XCLIENT|MAIL"))
                .endsWith(
                        "XCLIENT HELO=client.test LOGIN=[UNAVAILABLE] ADDR=192.0.2.2",
                        "MAIL FROM:<2@client.test>",
                        "XCLIENT ADDR=192.0.2.3",
                        "MAIL FROM:<3@client.test>");
        assertThat(discarded).containsExactly(Discard.ONE_CLIENT);
    }

    @Test
    void a_server_that_is_lost_at_that_gets_a_new_connection() {
        SmtpProxy through = pooled();
        sends(client(through, "192.0.2.1"), "1@client.test");
        Dialogue two = client(through, "192.0.2.2");
        destination.on("XCLIENT").fail(Fault.CLOSE);
        two.says("MAIL FROM:<2@client.test>").hears("451 4.4.2");
        destination.on("XCLIENT").reply("220 dest.test begins anew");
        sends(two, "3@client.test");
        assertThat(destination.heard("MAIL")).hasSize(2);
        assertThat(discarded).containsExactly(Discard.LOST);
    }
}
