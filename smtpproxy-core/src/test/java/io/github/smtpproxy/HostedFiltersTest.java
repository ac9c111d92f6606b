package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.subetha.LiveHandlers;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.subethamail.smtp.server.SMTPServer;

/** What filters, throttles and destinations see of the sessions of a SubEtha server. */
class HostedFiltersTest {

    private static final String BY_DATA = "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\n";
    private static final String BY_BDAT = "BDAT 21 LAST\r\nSubject: x\r\n\r\nhello\r\n";

    private final ScriptedDestination destination = ScriptedDestination.start();
    private LiveHandlers handlers;
    private SMTPServer server;
    private Dialogue client;

    private SmtpProxyBuilder proxy() {
        return SmtpProxy.builder().router(Router.to(destination.destination()));
    }

    private void start(SmtpProxyBuilder builder) {
        handlers = builder.messageHandlerFactory();
        server = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .insertReceivedHeaders(false)
                .enableTLS()
                .startTlsSocketFactory(Certificate.LOCAL.shown())
                .messageHandlerFactory(handlers)
                .build();
        server.start();
        client = Dialogue.with(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPortAllocated()))
                .hears("220");
        hello();
    }

    private void hello() {
        client.says("EHLO client.test").reply();
    }

    private Dialogue envelope() {
        return client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    /** Reads what SubEtha says before a message that comes by DATA. */
    private Dialogue sends(String message) {
        envelope().sends(message);
        return message.startsWith("DATA") ? client.hears("354") : client;
    }

    @AfterEach
    void nothing_is_left() {
        client.close();
        await().until(() -> destination.openConnections() == 0);
        server.stop();
        handlers.close();
        destination.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {BY_DATA, BY_BDAT})
    void a_content_filter_changes_the_message(String message) {
        start(proxy().filter(
                        ContentFilters.changing(m -> m.withHeaders(m.headers().prepend("X-Seen", "yes")))));
        sends(message).hearsLine("250 2.0.0 Ok: queued as T1");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .contains("X-Seen: yes\r\n", "Subject: x\r\n\r\nhello\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {BY_DATA, BY_BDAT})
    void a_content_filter_that_refuses_lets_nothing_through(String message) {
        ContentFilter refusing = ContentFilters.looking(
                (m, next) -> ContentFilters.read(m.content()).contains("hello")
                        ? Reply.reject("5.7.1", "Unwanted content")
                        : next.proceed(m));
        start(proxy().filter(refusing));
        sends(message).hearsLine("550 5.7.1 Unwanted content");
        assertThat(destination.messages()).isEmpty();
        client.says("DATA").hears("503");
        sends("DATA\r\nSubject: y\r\n\r\nother\r\n.\r\n").hears("250");
        assertThat(destination.messages()).singleElement().asString().contains("other");
    }

    @Test
    void a_rate_is_counted_over_the_transactions_of_a_client() {
        start(proxy().throttle(
                        LimitRate.of(Counted.MESSAGES).by(LimitKey.client()).to(Rate.parse("2/h"))));
        sends(BY_DATA).hears("250 2.0.0");
        sends(BY_BDAT).hears("250 2.0.0");
        client.says("MAIL FROM:<a@client.test>").hears("450 4.7.1");
        client.says("RCPT TO:<b@dest.test>").hears("503");
        assertThat(destination.messages()).hasSize(2);
    }

    @Test
    void filters_see_whether_the_client_speaks_TLS() {
        List<String> seen = new CopyOnWriteArrayList<>();
        start(proxy().filter(new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                seen.add(next.session().tls().map(Tls::protocol).orElse("none"));
                return next.proceed(mail);
            }
        }));
        sends(BY_DATA).hears("250 2.0.0");
        client.says("STARTTLS").hears("220").secures(Certificate.LOCAL.trusted());
        hello();
        sends(BY_DATA).hears("250 2.0.0");
        assertThat(seen).containsExactly("none", "TLSv1.3");
    }

    @Test
    void the_destination_hears_the_client_s_address() {
        destination.offers("XCLIENT NAME ADDR PORT HELO");
        destination.on("XCLIENT").reply("220 dest.test");
        start(SmtpProxy.builder().router(Router.to(destination.destination().announce(ClientAnnouncement.XCLIENT))));
        sends(BY_DATA).hears("250 2.0.0");
        assertThat(destination.heard("XCLIENT"))
                .singleElement()
                .asString()
                .contains("ADDR=127.0.0.1", "HELO=client.test");
    }
}
