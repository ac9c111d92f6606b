package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client takes the proxy for the destination. */
class UnseenTest extends ProxyTest {

    private static final SSLContext SERVER = Certificate.LOCAL.shown();
    private static final SSLContext CLIENT = Certificate.LOCAL.trusted();
    private static final Endpoint PLAIN = Endpoint.at("127.0.0.1", 0).hostname("proxy.test");
    private static final Endpoint PASSING = PLAIN.unseen(Unseen.passStartTls());

    private final List<String> events = new CopyOnWriteArrayList<>();

    private final class Seeing implements Filter, ProxyListener {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            events.add("mail " + mail.sender());
            return next.proceed(mail);
        }

        @Override
        public void opaqueStarted(Session session) {
            events.add("opaque");
        }

        @Override
        public void opaqueEnded(Session session, long fromClient, long fromDestination, Duration duration) {
            events.add("ended " + (fromClient > 0) + " " + (fromDestination > 0));
        }
    }

    private SmtpProxyBuilder seeing(Endpoint endpoint) {
        Seeing all = new Seeing();
        return proxy(endpoint).filter(all).listener(all);
    }

    private static void sendsMessage(Dialogue client) {
        client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250 2.0.0 Ok: queued as T1");
    }

    @Test
    void greeting_ehlo_name_and_message_pass_word_for_word() {
        String[] greeting = {"220-dest.test  at your  service", "220-", "220 dest.test ESMTP (c) 2026"};
        String[] ehlo = {
            "250-dest.test  greets you",
            "250-pipelining",
            "250-STARTTLS",
            "250-X-Odd  a=B  c",
            "250-ETRN",
            "250-SIZE 1000000",
            "250 HELP"
        };
        destination.on("connect").reply(greeting).on("EHLO").reply(ehlo);
        Dialogue client = clientOf(proxy(PASSING));
        assertThat(client.reply()).containsExactly(greeting);
        assertThat(client.says("EHLO the.client_s-own.name").reply()).containsExactly(ehlo);
        sendsMessage(client);
        assertThat(destination.heard("EHLO")).containsExactly("EHLO the.client_s-own.name");
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void a_received_field_is_added_where_it_is_asked_for() {
        sendsMessage(clientOf(proxy(PASSING.received(true))).greets());
        assertThat(destination.messages().get(0)).startsWith("Received: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ETRN client.test", "XSPECIAL and more", "EXPN list"})
    void verbs_that_the_proxy_does_not_know_are_the_destinations(String command) {
        destination.on(command).reply("250 2.0.0 dest.test did that");
        clientOf(proxy(PASSING)).greets().says(command).hearsLine("250 2.0.0 dest.test did that");
    }

    @Test
    void starttls_passes_and_what_follows_is_between_the_two() {
        destination.startTls(SERVER);
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(seeing(PASSING)).greets();
            client.says("STARTTLS")
                    .hearsLine("220 2.0.0 dest.test awaits TLS")
                    .secures(CLIENT)
                    .says("EHLO again.test")
                    .hears("250");
            sendsMessage(client);
            client.says("QUIT").hearsLine("221 2.0.0 Bye from dest.test").hearsTheEnd();
            await().until(() -> events.size() == 2);
            assertThat(log.lines(Level.INFO).stream().filter(l -> l.contains("STARTTLS passes")))
                    .hasSize(1)
                    .first()
                    .asString()
                    .endsWith("nothing that follows is seen by [Seeing]");
        }
        assertThat(events).containsExactly("opaque", "ended true true");
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(destination.heard()).startsWith("EHLO client.test", "STARTTLS", "(TLS)", "EHLO again.test");
    }

    @Test
    void what_is_pipelined_behind_starttls_is_nobodys_command() {
        destination.startTls(SERVER);
        Dialogue client = clientOf(seeing(PASSING)).greets();
        client.sends("STARTTLS\r\nMAIL FROM:<injected@client.test>\r\n")
                .hearsLine("220 2.0.0 dest.test awaits TLS")
                .secures(CLIENT)
                .says("NOOP")
                .hearsLine("250 2.0.0 Noop");
        assertThat(events).containsExactly("opaque");
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void behind_a_starttls_that_is_refused_commands_are_commands() {
        destination.on("STARTTLS").reply("454 4.7.0 dest.test has no TLS now");
        Dialogue client = clientOf(seeing(PASSING)).greets();
        client.saysTogether("STARTTLS", "MAIL FROM:<seen@client.test>")
                .hearsLine("454 4.7.0 dest.test has no TLS now")
                .hears("250");
        assertThat(events).hasSize(1).first().asString().contains("seen@client.test");
    }

    @Test
    void starttls_that_is_neither_accepted_nor_refused_is_refused() {
        destination.on("STARTTLS").reply("250 2.0.0 what now");
        clientOf(seeing(PASSING)).greets().says("STARTTLS").hears("502 5.5.1");
        assertThat(events).isEmpty();
    }

    @Test
    void starttls_can_be_hidden() {
        destination.startTls(SERVER);
        Dialogue client = clientOf(proxy(PLAIN.unseen(Unseen.hideStartTls()))).hears("220");
        assertThat(client.says("EHLO client.test").reply().toString()).doesNotContain("STARTTLS");
        client.says("STARTTLS").hears("502 5.5.1");
        assertThat(destination.heard("STARTTLS")).isEmpty();
    }

    @Test
    void a_destination_that_is_not_there_is_seen_as_a_reset_or_heard_of() throws Exception {
        Router nowhere = Router.to(Destination.at("127.0.0.1", Ports.free()));
        try (CapturedLog log = new CapturedLog()) {
            SmtpProxy resetting = started(proxy(PASSING, nowhere));
            try (Socket client = new Socket("127.0.0.1", resetting.address().getPort())) {
                client.setSoTimeout(60_000);
                assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            }
            Endpoint telling = PLAIN.unseen(Unseen.passStartTls().answerUnreachable(true));
            clientOf(proxy(telling, nowhere)).hears("421 4.4.1").hearsTheEnd();
            assertThat(log.lines(Level.WARN)).hasSize(2).allMatch(l -> l.contains("cannot connect"));
        }
    }

    @Test
    void octets_pass_both_ways_at_once_and_an_end_of_one_way_passes_too() throws Exception {
        byte[] much = new byte[20 << 20];
        new Random(1).nextBytes(much);
        try (EchoingDestination echoing = new EchoingDestination()) {
            SmtpProxy proxy = started(proxy(PASSING, Router.to(echoing.destination())));
            try (Socket client = new Socket("127.0.0.1", proxy.address().getPort())) {
                client.setSoTimeout(60_000);
                InputStream in = client.getInputStream();
                assertThat(line(in)).startsWith("220");
                client.getOutputStream().write("STARTTLS\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(line(in)).startsWith("220");
                CompletableFuture<byte[]> back = CompletableFuture.supplyAsync(() -> rest(in));
                client.getOutputStream().write(much);
                client.shutdownOutput();
                assertThat(back.get()).isEqualTo(much);
            }
        }
    }

    @Test
    void silence_on_both_ways_ends_them() throws Exception {
        Duration brief = Duration.ofMillis(300);
        Timeouts timeouts =
                Timeouts.defaults().clientCommand(brief).command(brief).finalDot(brief);
        destination.on("STARTTLS").reply("220 go ahead");
        Dialogue client = clientOf(seeing(PASSING).timeouts(timeouts))
                .greets()
                .says("STARTTLS")
                .hears("220");
        client.hearsTheEnd();
        await().until(() -> events.contains("ended false false"));
    }

    @Test
    void a_session_lasts_no_longer_for_being_opaque() {
        destination.on("STARTTLS").reply("220 go ahead");
        Timeouts timeouts = Timeouts.defaults().session(Duration.ofSeconds(1));
        clientOf(proxy(PASSING).timeouts(timeouts))
                .greets()
                .says("STARTTLS")
                .hears("220")
                .hearsTheEnd();
    }

    @Test
    void a_drain_lets_what_is_opaque_come_to_its_end_and_a_close_does_not() {
        destination.startTls(SERVER);
        SmtpProxy proxy = started(proxy(PASSING));
        Dialogue client = clientOf(proxy).greets().says("STARTTLS").hears("220").secures(CLIENT);
        CompletableFuture<?> drained = CompletableFuture.runAsync(() -> proxy.drain(Duration.ofMinutes(1)));
        await().until(() -> !proxy.isRunning());
        client.says("EHLO again.test").hears("250");
        sendsMessage(client);
        client.says("QUIT").hears("221").hearsTheEnd();
        drained.join();
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_client_that_goes_takes_its_destination_along() {
        destination.startTls(SERVER);
        Dialogue client =
                clientOf(seeing(PASSING)).greets().says("STARTTLS").hears("220").secures(CLIENT);
        client.resets();
        await().until(() -> destination.openConnections() == 0);
        await().until(() -> events.size() == 2);
    }

    @Test
    void what_clients_would_notice_is_refused_at_start() {
        assertThatThrownBy(() -> proxy(PASSING).multiplexing(Pool.max(1)).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("excludes multiplexing");
        assertThatThrownBy(() -> proxy(PASSING.offerStartTls(SERVER)).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("excludes TLS of the endpoint");
        assertThatThrownBy(() ->
                        proxy(PASSING.authenticate((user, password) -> true)).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("excludes authenticate");
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet >= 0 && octet != '\n'; octet = in.read()) {
            line.append((char) octet);
        }
        return line.toString();
    }

    private static byte[] rest(InputStream in) {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
