package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.SelfSigned;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Closing reaches a connection that is being made, on both legs: nobody waits until its time is over. */
class ConnectingTest extends ProxyTest {

    /** What close may take, and what a busy machine adds: the waits that it ends are minutes long. */
    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<Closeable> open = new ArrayList<>();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch left = new CountDownLatch(1);
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    @TempDir
    private Path folder;

    @AfterEach
    void closeAll() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }

    /** How far a destination lets the proxy come before it says nothing more. */
    enum Silent {
        /** It does not answer the connection. */
        CONNECT,
        /** Where TLS is to begin with the first octet. */
        IMPLICIT_TLS,
        GREETING,
        EHLO,
        STARTTLS,
        /** TLS is promised, and does not come. */
        TLS
    }

    @ParameterizedTest
    @EnumSource(Silent.class)
    void close_ends_what_is_being_made_for_a_session(Silent at) throws Exception {
        SmtpProxy proxy = started(watched(Router.to(silent(at))));
        Dialogue client = clientOf(proxy);
        if (at.compareTo(Silent.GREETING) > 0) {
            client.hears("220").says("EHLO client.test");
        }
        assertCloses(at, proxy, client);
    }

    @ParameterizedTest
    @EnumSource(Silent.class)
    void close_ends_what_is_being_made_for_a_transaction(Silent at) throws Exception {
        SmtpProxy proxy = started(
                watched(Router.bySenderDomain().route("client.test", silent(at)).otherwise(destination())));
        Dialogue client = clientOf(proxy).hears("220").says("HELO client.test").hears("250");
        client.says("MAIL FROM:<a@client.test>");
        assertCloses(at, proxy, client);
    }

    @ParameterizedTest
    @EnumSource(Silent.class)
    void close_ends_the_asking_for_offers(Silent at) throws Exception {
        SmtpProxy proxy = started(watched(Router.bySenderDomain().route("client.test", silent(at))));
        Dialogue client = clientOf(proxy).hears("220").says("EHLO client.test");
        assertCloses(at, proxy, client);
    }

    @Test
    void close_ends_a_handshake_with_a_client() throws Exception {
        SSLContext context = SelfSigned.context(folder);
        SmtpProxy proxy = started(proxy(ENDPOINT.implicitTls(context)));
        Dialogue client = clientOf(proxy);
        assertThat(close(proxy)).isLessThan(SOON);
        assertEnds(client);
    }

    @Test
    void close_ends_a_handshake_with_a_client_after_starttls() throws Exception {
        SSLContext context = SelfSigned.context(folder);
        SmtpProxy proxy = started(proxy(ENDPOINT.offerStartTls(context)));
        Dialogue client = clientOf(proxy).greets().says("STARTTLS").hears("220");
        assertThat(close(proxy)).isLessThan(SOON);
        assertEnds(client);
    }

    @Test
    void close_ends_the_wait_for_a_proxy_header() {
        SmtpProxy proxy = started(proxy(ENDPOINT.proxyProtocolFrom(AddressRange.parse("127.0.0.1/32"))));
        Dialogue client = clientOf(proxy);
        assertThat(close(proxy)).isLessThan(SOON);
        assertEnds(client);
    }

    private void assertCloses(Silent at, SmtpProxy proxy, Dialogue client) {
        await().until(() -> begun.getCount() == 0);
        if (at != Silent.CONNECT) {
            await().until(() -> reached.getCount() == 0);
        }
        assertThat(close(proxy)).isLessThan(SOON);
        assertEnds(client);
        await().until(() -> ended.getCount() == 0);
        if (at != Silent.CONNECT) {
            await().until(() -> left.getCount() == 0);
        }
    }

    /** It may hear 421 before. */
    private static void assertEnds(Dialogue client) {
        await().pollInterval(Duration.ofNanos(1)).until(client::isClosed);
    }

    private SmtpProxyBuilder watched(Router router) {
        return proxy(ENDPOINT, router).listener(new ProxyListener() {
            @Override
            public void sessionStarted(Session session) {
                begun.countDown();
            }

            @Override
            public void sessionEnded(Session session) {
                ended.countDown();
            }
        });
    }

    private static Duration close(SmtpProxy proxy) {
        long start = System.nanoTime();
        proxy.close();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Destination destination() {
        return destination.destination();
    }

    private Destination silent(Silent at) throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        open.add(server);
        Destination there = Destination.at("127.0.0.1", server.getLocalPort());
        if (at == Silent.CONNECT) {
            fill(server);
            return there;
        }
        Thread thread = new Thread(() -> serve(server, at), "silent");
        thread.setDaemon(true);
        thread.start();
        return switch (at) {
            case IMPLICIT_TLS -> there.implicitTls();
            case STARTTLS, TLS -> there.startTls(StartTls.REQUIRED);
            default -> there;
        };
    }

    /** The kernel answers no more of those that connect. */
    private void fill(ServerSocket server) throws IOException {
        for (int i = 0; i < 2; i++) {
            open.add(new Socket(server.getInetAddress(), server.getLocalPort()));
        }
    }

    private void serve(ServerSocket server, Silent at) {
        try (Socket socket = server.accept()) {
            InputStream in = socket.getInputStream();
            if (at.compareTo(Silent.GREETING) > 0) {
                answer(socket, "220 silent.test");
                line(in);
            }
            if (at.compareTo(Silent.EHLO) > 0) {
                answer(socket, "250-silent.test\r\n250 STARTTLS");
                line(in);
            }
            if (at == Silent.TLS) {
                answer(socket, "220 go on");
            }
            reached.countDown();
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException reset) {
            // as good as the end
        } finally {
            left.countDown();
        }
    }

    private static void answer(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static void line(InputStream in) throws IOException {
        for (int octet = in.read(); octet != '\n' && octet >= 0; ) {
            octet = in.read();
        }
    }
}
