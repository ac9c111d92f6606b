package io.github.smtpproxy.internal.transport.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an io_uring could get wrong and a selector cannot: the requests of many sockets go through one ring. */
class RingTest {

    /** More than the ring has buffers, and, with both directions, more than it takes requests at once. */
    private static final int MANY = 600;

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static final String LOOP = "loop of the test";

    private final List<Socket> peers = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private Network network;
    private ListeningSocket port;

    private interface Code {
        void run(Socket socket) throws Exception;
    }

    @BeforeEach
    void start() throws IOException {
        EventLoopNetwork.unavailable().or(RingPoller::unavailable).ifPresent(why -> assumeTrue(false, why));
        network = EventLoopNetwork.start(1, RingPoller.FACTORY, "io_uring", RingTest::onNewThread);
        port = network.listen();
        port.bind(new InetSocketAddress(LOOPBACK, 0), 1_024);
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket peer : peers) {
            peer.close();
        }
        if (network != null) {
            port.close();
            network.close();
        }
        assertThat(failure.get()).isNull();
    }

    @Test
    void each_of_more_sockets_than_there_are_buffers_receives_its_own_octets() throws Exception {
        for (int i = 0; i < MANY; i++) {
            peers.add(session(RingTest::echo));
        }
        CountDownLatch held = new CountDownLatch(1);
        // the loop finds all of it at once
        network.threads().execute(() -> computeUntil(held));
        for (int i = 0; i < MANY; i++) {
            peers.get(i).getOutputStream().write(block(i));
        }
        held.countDown();
        for (int i = 0; i < MANY; i++) {
            assertThat(peers.get(i).getInputStream().readNBytes(ReceiveBuffers.SIZE))
                    .as("of socket %d", i)
                    .isEqualTo(block(i));
        }
    }

    @Test
    void what_was_written_before_a_close_arrives_and_goes_to_nobody_else() throws Exception {
        for (int round = 0; round < MANY; round++) {
            byte[] sent = block(round);
            // each session has the descriptor of the one before
            try (Socket peer = session(socket -> {
                socket.getOutputStream().write(sent);
                socket.close();
            })) {
                assertThat(peer.getInputStream().readAllBytes())
                        .as("round %d", round)
                        .isEqualTo(sent);
            }
        }
    }

    @Test
    void a_close_by_another_thread_ends_the_wait_and_leaves_the_next_socket_alone() throws Exception {
        for (int round = 0; round < MANY; round++) {
            Socket accepted;
            try (Socket peer = new Socket(LOOPBACK, port.getLocalPort())) {
                accepted = port.accept();
                CountDownLatch ended = new CountDownLatch(1);
                network.threads().execute(() -> readToTheEnd(accepted, ended));
                accepted.close();
                ended.await();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
        peers.add(session(RingTest::echo));
        peers.get(0).getOutputStream().write(block(1));
        assertThat(peers.get(0).getInputStream().readNBytes(ReceiveBuffers.SIZE))
                .isEqualTo(block(1));
    }

    @Test
    void a_close_in_the_middle_of_a_large_write_leaves_the_next_socket_alone() throws Exception {
        for (int round = 0; round < MANY; round++) {
            byte[] large = new byte[16 * ReceiveBuffers.SIZE];
            Arrays.fill(large, (byte) round);
            Socket accepted;
            try (Socket peer = new Socket(LOOPBACK, port.getLocalPort())) {
                accepted = port.accept();
                network.threads().execute(() -> writeToTheEnd(accepted, large));
                byte[] received = peer.getInputStream().readNBytes(large.length);
                accepted.close();
                for (int n = received.length; n > 0; n = peer.getInputStream().read(received)) {
                    assertThat(Arrays.mismatch(received, 0, n, large, 0, n)).isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void what_a_thread_asked_for_that_is_no_more_is_asked_for_again() throws Exception {
        peers.add(session(RingTest::echo));
        await("those of other tests to end").until(() -> loopThreads().size() == 1);
        Thread first = loopThreads().get(0);
        CountDownLatch held = new CountDownLatch(1);
        try {
            // another thread takes the loop; the one that asked for the session's octets ends after its task
            network.threads().execute(() -> computeUntil(held));
            await().until(() -> loopThreads().size() > 1);
        } finally {
            held.countDown();
        }
        await().until(() -> !first.isAlive());
        peers.get(0).getOutputStream().write(block(7));
        assertThat(peers.get(0).getInputStream().readNBytes(ReceiveBuffers.SIZE))
                .isEqualTo(block(7));
    }

    /** A connection, and what its session does. */
    private Socket session(Code code) throws IOException {
        Socket peer = new Socket(LOOPBACK, port.getLocalPort());
        Socket accepted = port.accept();
        network.threads().execute(() -> {
            try (accepted) {
                code.run(accepted);
            } catch (Throwable t) {
                failure.set(t);
            }
        });
        return peer;
    }

    private static void echo(Socket socket) throws IOException {
        byte[] octets = new byte[ReceiveBuffers.SIZE];
        for (int n = socket.getInputStream().read(octets);
                n >= 0;
                n = socket.getInputStream().read(octets)) {
            socket.getOutputStream().write(octets, 0, n);
        }
    }

    private static void readToTheEnd(Socket socket, CountDownLatch ended) {
        try {
            while (socket.getInputStream().read() >= 0) {
                // the peer sends nothing
            }
        } catch (IOException closed) {
            // as it should be
        } finally {
            ended.countDown();
        }
    }

    private static void writeToTheEnd(Socket socket, byte[] octets) {
        try {
            while (true) {
                socket.getOutputStream().write(octets);
            }
        } catch (IOException closed) {
            // as it should be
        }
    }

    private static void computeUntil(CountDownLatch done) {
        while (done.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    /** A thread that is never used again: it ends when it has left the loop. */
    private static void onNewThread(Runnable task) {
        Thread thread = new Thread(task, LOOP);
        thread.setDaemon(true);
        thread.start();
    }

    private static List<Thread> loopThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals(LOOP))
                .toList();
    }

    private static byte[] block(int number) {
        byte[] octets = new byte[ReceiveBuffers.SIZE];
        Arrays.fill(octets, (byte) ('A' + number % 53));
        return octets;
    }
}
