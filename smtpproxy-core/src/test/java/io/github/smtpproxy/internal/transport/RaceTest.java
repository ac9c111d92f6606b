package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first of several addresses that answers. */
@Timeout(60)
class RaceTest {

    private static final Duration LONG = Duration.ofSeconds(50);

    private final Network network = PlainNetwork.start();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Socket> begun = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        network.close();
    }

    private ServerSocket server(int backlog) throws IOException {
        ServerSocket server = new ServerSocket(0, backlog, InetAddress.getByName("127.0.0.1"));
        opened.add(server);
        return server;
    }

    private static InetSocketAddress of(ServerSocket server) {
        return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
    }

    private InetSocketAddress good() throws IOException {
        return of(server(50));
    }

    private static InetSocketAddress refusing() {
        return new InetSocketAddress("127.0.0.1", Ports.free());
    }

    /** Nobody accepts there, and its queue is full: the kernel drops each further SYN. */
    private InetSocketAddress silent() throws IOException {
        InetSocketAddress address = of(server(1));
        for (int i = 0; i < 4; i++) {
            Socket filler = new Socket();
            opened.add(filler);
            inBackground(() -> {
                try {
                    filler.connect(address);
                } catch (IOException closed) {
                    // at the end of the test
                }
            });
        }
        await().until(() -> isFull(address));
        return address;
    }

    /** On a thread of its own: the common pool may have one thread only. */
    private static void inBackground(Runnable task) {
        Thread thread = new Thread(task, "connecting of a test");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean isFull(InetSocketAddress address) {
        try (Socket probe = new Socket()) {
            probe.connect(address, 200);
            return false;
        } catch (IOException full) {
            return true;
        }
    }

    private Socket connect(InetSocketAddress... to) throws IOException {
        Socket socket = network.connectFirst(List.of(to), LONG, begun::add);
        opened.add(socket);
        return socket;
    }

    @Test
    void the_first_that_answers_is_taken_and_the_others_are_closed() throws IOException {
        InetSocketAddress good = good();
        Socket socket = connect(refusing(), silent(), refusing(), good, silent());
        assertThat(socket.getRemoteSocketAddress()).isEqualTo(good);
        await().until(() -> begun.stream().filter(s -> s != socket).allMatch(Socket::isClosed));
        assertThat(socket.isClosed()).isFalse();
    }

    @Test
    void one_that_answers_at_once_has_no_rival() throws IOException {
        connect(good(), good());
        assertThat(begun).hasSize(1);
    }

    @Test
    void the_last_failure_is_told_where_all_fail() {
        assertThatThrownBy(() -> connect(refusing(), refusing())).isInstanceOf(IOException.class);
        assertThat(begun).hasSize(2).allMatch(Socket::isClosed);
    }

    @Test
    void any_thread_ends_the_race() throws IOException {
        BreakableNetwork breakable = new BreakableNetwork(network);
        List<InetSocketAddress> silent = List.of(silent(), silent());
        CompletableFuture<Socket> race = new CompletableFuture<>();
        inBackground(() -> {
            try {
                race.complete(breakable.connectFirst(silent, LONG, begun::add));
            } catch (IOException e) {
                race.completeExceptionally(e);
            }
        });
        await().until(() -> begun.size() == 2);
        breakable.breakOff();
        assertThatThrownBy(race::join).hasCauseInstanceOf(IOException.class);
        assertThat(begun).allMatch(Socket::isClosed);
        assertThatThrownBy(() -> breakable.connectFirst(silent, LONG, begun::add))
                .isInstanceOf(SocketException.class);
    }
}
