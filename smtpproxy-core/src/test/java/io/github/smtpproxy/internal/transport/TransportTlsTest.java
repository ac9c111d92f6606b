package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.internal.wire.TlsLayer;
import io.github.smtpproxy.testing.SelfSigned;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS 1.3 laid over the network's sockets, as the relay does it. */
class TransportTlsTest extends TransportContract {

    private static final byte[] NOTHING = {};

    @TempDir
    private static Path folder;

    private static SSLContext context;

    @BeforeAll
    static void makeCertificate() throws Exception {
        context = SelfSigned.context(folder);
    }

    @Test
    void as_the_server() throws Exception {
        Future<SSLSocket> server = run(() -> handshaken(accepting(ours, NOTHING)));
        SSLSocket client = handshaken(connecting(peer));
        assertThat(result(server).getSession().getProtocol()).isEqualTo("TLSv1.3");
        assertTalk(result(server), client);
    }

    @Test
    void as_the_server_after_the_first_octets_were_read() throws Exception {
        Future<SSLSocket> server =
                run(() -> handshaken(accepting(ours, ours.getInputStream().readNBytes(100))));
        SSLSocket client = handshaken(connecting(peer));
        assertTalk(result(server), client);
    }

    @Test
    void as_the_client() throws Exception {
        Future<SSLSocket> server = onPlatformThread(() -> handshaken(accepting(peer, NOTHING)));
        SSLSocket client = result(run(() -> handshaken(connecting(ours))));
        assertThat(client.getSession().getProtocol()).isEqualTo("TLSv1.3");
        assertTalk(client, result(server));
    }

    @Test
    void ten_megabytes_go_both_ways_at_once() throws Exception {
        Future<SSLSocket> accepted = run(() -> handshaken(accepting(ours, NOTHING)));
        SSLSocket client = handshaken(connecting(peer));
        SSLSocket server = result(accepted);
        byte[] there = randomBytes(1);
        byte[] back = randomBytes(2);
        run(() -> send(server, there));
        onPlatformThread(() -> send(client, back));
        Future<byte[]> read = run(() -> server.getInputStream().readNBytes(MANY));
        assertThat(client.getInputStream().readNBytes(MANY)).isEqualTo(there);
        assertThat(result(read)).isEqualTo(back);
    }

    @Test
    void after_a_read_that_ended_at_its_deadline_a_last_reply_can_be_written() throws Exception {
        Deadline deadline = network.watch(ours);
        Future<SSLSocket> accepted = run(() -> handshaken(accepting(ours, NOTHING)));
        SSLSocket client = handshaken(connecting(peer));
        SSLSocket server = result(accepted);
        assertThatThrownBy(() -> result(run(() -> {
                    deadline.arm(SHORT);
                    return server.getInputStream().read();
                })))
                .isInstanceOf(SocketTimeoutException.class);
        deadline.arm(LONG);
        result(run(() -> send(server, "421")));
        assertThat(text(client, 3)).isEqualTo("421");
    }

    @Test
    void a_handshake_that_is_not_answered_ends_at_its_deadline() {
        network.watch(ours).arm(SHORT);
        assertThatThrownBy(() -> result(run(() -> handshaken(connecting(ours)))))
                .isNotNull();
        assertThat(network.watch(ours).expired()).isTrue();
    }

    @Test
    void close_of_the_socket_beneath_ends_a_read() throws Exception {
        Future<SSLSocket> accepted = run(() -> handshaken(accepting(ours, NOTHING)));
        handshaken(connecting(peer));
        SSLSocket server = result(accepted);
        Future<Integer> read = run(() -> server.getInputStream().read());
        assertStaysOpen(read);
        ours.close();
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketException.class);
    }

    @Test
    void close_tells_the_other_side_in_tls() throws Exception {
        Future<SSLSocket> accepted = run(() -> handshaken(accepting(ours, NOTHING)));
        SSLSocket client = handshaken(connecting(peer));
        SSLSocket server = result(accepted);
        run(() -> {
            server.close();
            return null;
        });
        assertThat(client.getInputStream().read()).isEqualTo(-1);
    }

    private void assertTalk(SSLSocket here, SSLSocket there) throws Exception {
        result(run(() -> send(here, "hello")));
        assertThat(text(there, 5)).isEqualTo("hello");
        send(there, "world");
        assertThat(result(run(() -> text(here, 5)))).isEqualTo("world");
    }

    private static SSLSocket accepting(Socket socket, byte[] readAhead) throws Exception {
        return TlsLayer.accepting(context, false).over(socket, readAhead);
    }

    private static SSLSocket connecting(Socket socket) throws Exception {
        return TlsLayer.connecting(context, "localhost", socket.getPort(), true).over(socket, NOTHING);
    }

    private static SSLSocket handshaken(SSLSocket socket) throws Exception {
        socket.startHandshake();
        return socket;
    }
}
