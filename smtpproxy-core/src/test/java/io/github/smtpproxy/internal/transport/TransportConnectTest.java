package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Listening, connecting, and the addresses and options of a connection. */
class TransportConnectTest extends TransportContract {

    @Test
    void accepted_and_connected_sockets_send_at_once() throws Exception {
        assertThat(ours.getTcpNoDelay()).isTrue();
        assertThat(result(run(() -> connect(port.getLocalPort()))).getTcpNoDelay())
                .isTrue();
    }

    @Test
    void addresses_are_those_of_the_connection() throws Exception {
        assertThat(ours.getRemoteSocketAddress()).isEqualTo(peer.getLocalSocketAddress());
        assertThat(ours.getLocalSocketAddress()).isEqualTo(peer.getRemoteSocketAddress());
        assertThat(ours.getInetAddress()).isEqualTo(LOOPBACK);
        assertThat(ours.getPort()).isEqualTo(peer.getLocalPort());
        assertThat(ours.getLocalPort()).isEqualTo(port.getLocalPort());
        assertThat(ours.getLocalAddress()).isEqualTo(LOOPBACK);
        assertThat(ours.isConnected() && ours.isBound() && !ours.isClosed()).isTrue();
        assertThat(ours.toString()).contains("port=" + peer.getLocalPort());
        assertThat(port.getInetAddress()).isEqualTo(LOOPBACK);
        assertThat(port.getLocalSocketAddress()).isEqualTo(new InetSocketAddress(LOOPBACK, port.getLocalPort()));
        assertThatThrownBy(() -> ours.connect(peer.getRemoteSocketAddress())).isInstanceOf(SocketException.class);
    }

    @Test
    void options_are_kept() throws Exception {
        assertThat(ours.getTcpNoDelay()).isTrue();
        ours.setTcpNoDelay(false);
        assertThat(ours.getTcpNoDelay()).isFalse();
        assertThat(ours.getSoLinger()).isEqualTo(-1);
        ours.setSoLinger(true, 3);
        assertThat(ours.getSoLinger()).isEqualTo(3);
        ours.setSoTimeout(7);
        assertThat(ours.getSoTimeout()).isEqualTo(7);
    }

    @Test
    void a_connect_that_is_refused_says_so() throws Exception {
        int closed = Ports.unreachable().port();
        assertThatThrownBy(() -> result(run(() -> connect(closed)))).isInstanceOf(ConnectException.class);
    }

    @Test
    void a_connect_to_one_who_does_not_answer_ends_in_time() throws Exception {
        ServerSocket full = closing(new ServerSocket(0, 1, LOOPBACK));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        result(run(() -> network.connect(
                                new InetSocketAddress(LOOPBACK, full.getLocalPort()), Duration.ofMillis(300))));
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void a_name_that_was_not_resolved_is_not_connected_to() {
        assertThatThrownBy(() ->
                        result(run(() -> network.connect(InetSocketAddress.createUnresolved("mail.test", 25), LONG))))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void a_port_that_is_given_up_refuses_while_its_accept_loop_waits() throws Exception {
        Future<Socket> accept = onPlatformThread(() -> port.accept());
        assertStaysOpen(accept);
        int number = port.getLocalPort();
        port.drain();
        assertThat(refuses(number)).isTrue();
        assertStaysOpen(accept);
        port.close();
        assertThatThrownBy(() -> result(accept)).isInstanceOf(SocketException.class);
        assertThat(port.isClosed()).isTrue();
    }

    @Test
    void no_client_gets_in_between_the_end_of_a_port_and_that_of_its_accept_loop() throws Exception {
        for (int i = 0; i < 200; i++) {
            ListeningSocket port = closing(network.listen());
            port.bind(new InetSocketAddress(LOOPBACK, 0), 1_024);
            CountDownLatch accepted = new CountDownLatch(1);
            Future<Socket> loop = onPlatformThread(() -> {
                closing(port.accept());
                accepted.countDown();
                return port.accept();
            });
            int number = port.getLocalPort();
            closing(new Socket(LOOPBACK, number));
            accepted.await();
            port.close();
            assertThat(refuses(number)).isTrue();
            assertThatThrownBy(() -> result(loop)).isInstanceOf(SocketException.class);
        }
    }

    private static boolean refuses(int number) throws IOException {
        try (Socket socket = new Socket(LOOPBACK, number)) {
            return !socket.isConnected();
        } catch (ConnectException refused) {
            return true;
        }
    }
}
