package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client of whom one in front does not know where it is: it is never taken for the one in front, nor for us. */
class UnknownClientTest extends ProxyTest {

    private static final Endpoint TRUSTING = ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.0/8"));

    private final List<InetSocketAddress> seen = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add(next.session().remoteAddress());
            return next.proceed(mail);
        }
    };

    private Dialogue client(Endpoint endpoint, ClientAnnouncement how) {
        return clientOf(proxy(endpoint, Router.to(destination.destination().announce(how)))
                .filter(looking));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "XCLIENT ADDR=[UNAVAILABLE]",
                "XCLIENT ADDR=[tempunavail] PORT=25",
                "XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE]",
                "XCLIENT ADDR=0.0.0.0"
            })
    void filters_and_received_know_nobody(String said) {
        client(TRUSTING.received(true), ClientAnnouncement.NONE)
                .greets()
                .says(said)
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(seen).singleElement().satisfies(a -> {
            assertThat(a).hasToString("unknown/0.0.0.0:0");
            assertThat(AddressRange.parse("0.0.0.0/0").contains(a.getAddress())).isFalse();
            assertThat(a.getAddress().isLoopbackAddress()).isFalse();
        });
        assertThat(destination.messages().get(0)).startsWith("Received: from client.test (unknown)\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"XCLIENT", "XFORWARD"})
    void the_destination_hears_that_it_is_unknown(ClientAnnouncement how) {
        destination.offers("XCLIENT ADDR PORT", "XFORWARD ADDR PORT");
        destination.on("XCLIENT").reply("220 dest.test begins anew");
        destination.on("XFORWARD").reply("250 2.0.0 Ok");
        client(TRUSTING, how)
                .greets()
                .says("XCLIENT ADDR=192.0.2.1 PORT=7")
                .hears("220")
                .says("XCLIENT ADDR=[UNAVAILABLE]")
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        List<String> told =
                destination.heard().stream().filter(l -> l.startsWith("X")).toList();
        assertThat(told).endsWith(how + " PORT=[UNAVAILABLE] ADDR=[UNAVAILABLE]");
    }

    @Test
    void a_proxy_header_of_version_1_names_an_address_of_nobody() {
        destination.expectsProxyHeader();
        client(TRUSTING, ClientAnnouncement.PROXY_V1)
                .greets()
                .says("XCLIENT ADDR=[UNAVAILABLE]")
                .hears("220");
        assertThat(destination.firstReads()).hasSize(2);
        assertThat(destination.firstReads().get(1)).matches("PROXY TCP4 0\\.0\\.0\\.0 127\\.0\\.0\\.1 0 \\d+\r\n");
    }

    @Test
    void an_unknown_client_may_not_say_who_it_is() {
        Endpoint behind = TRUSTING.proxyProtocolFrom(AddressRange.parse("127.0.0.1"))
                .xclientFrom(AddressRange.parse("0.0.0.0/0"));
        client(behind, ClientAnnouncement.NONE)
                .sends("PROXY TCP4 0.0.0.0 127.0.0.1 0 25\r\n")
                .greets()
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("502 5.5.1");
    }
}
