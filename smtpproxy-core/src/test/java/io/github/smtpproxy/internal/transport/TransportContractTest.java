package io.github.smtpproxy.internal.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What session code may rely on, whatever the transport, and whatever the thread. */
@ParameterizedClass(name = "{0}")
@MethodSource("settings")
@Timeout(60)
class TransportContractTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int MANY = 10 << 20;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** A transport, and whether the test's code runs on the session threads of it or on platform threads. */
    record Setting(String name, Optional<String> unavailable, Supplier<Transport> start, boolean onSessionThreads) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Setting> settings() {
        Optional<String> none = Optional.empty();
        Optional<String> loops = EventLoopTransport.unavailable();
        return Stream.of(
                new Setting("plain", none, PlainTransport::start, true),
                new Setting("event loops", loops, () -> EventLoopTransport.start(2), true),
                new Setting("one event loop", loops, () -> EventLoopTransport.start(1), true),
                new Setting("event loops, threads of others", loops, () -> EventLoopTransport.start(2), false));
    }

    @Parameter
    Setting setting;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Transport transport;
    private ListeningSocket port;
    /** What the transport accepted, and the peer that connected to it. */
    private Socket ours;

    private Socket peer;

    @BeforeEach
    void connect() throws Exception {
        assumeTrue(setting.unavailable.isEmpty(), () -> setting.unavailable.orElseThrow());
        transport = closing(setting.start.get());
        port = closing(transport.listen());
        port.bind(new InetSocketAddress(LOOPBACK, 0), 1_024);
        peer = closing(new Socket(LOOPBACK, port.getLocalPort()));
        ours = closing(port.accept());
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void a_read_waits_for_what_comes() throws Exception {
        Future<String> read = run(() -> text(ours, 5));
        assertStaysOpen(read);
        send(peer, "hello");
        assertThat(result(read)).isEqualTo("hello");
    }

    @Test
    void what_lies_there_already_is_read_in_pieces_of_any_size() throws Exception {
        send(peer, "hello");
        assertThat(result(run(() -> text(ours, 1) + text(ours, 2) + text(ours, 2))))
                .isEqualTo("hello");
    }

    @Test
    void a_conversation_in_turns_goes_on_for_long() throws Exception {
        Future<?> echo = run(() -> echo(ours));
        for (int i = 0; i < 5_000; i++) {
            send(peer, "ping\n");
            assertThat(text(peer, 5)).isEqualTo("ping\n");
        }
        peer.shutdownOutput();
        result(echo);
    }

    @Test
    void single_octets_and_nothing_at_all_can_be_read_and_written() throws Exception {
        result(run(() -> {
            ours.getOutputStream().write(0xC3);
            ours.getOutputStream().write(new byte[3], 3, 0);
            return null;
        }));
        assertThat(peer.getInputStream().read()).isEqualTo(0xC3);
        peer.getOutputStream().write(0xFF);
        assertThat(result(run(() -> ours.getInputStream().read(new byte[3], 3, 0))))
                .isZero();
        assertThat(result(run(() -> ours.getInputStream().read()))).isEqualTo(0xFF);
    }

    @Test
    void available_tells_what_can_be_read_without_waiting() throws Exception {
        assertThat(ours.getInputStream().available()).isZero();
        send(peer, "hello");
        assertThat(result(run(() -> text(ours, 1)))).isEqualTo("h");
        assertThat(ours.getInputStream().available()).isEqualTo(4);
    }

    @Test
    void the_end_of_the_peers_output_leaves_ours_open() throws Exception {
        send(peer, "last");
        peer.shutdownOutput();
        assertThat(result(run(() -> text(ours, 4)))).isEqualTo("last");
        assertThat(result(run(() -> ours.getInputStream().read()))).isEqualTo(-1);
        assertThat(result(run(() -> ours.getInputStream().read()))).isEqualTo(-1);
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
    }

    @Test
    void the_end_of_our_output_leaves_the_peers_open() throws Exception {
        result(run(() -> {
            ours.shutdownOutput();
            return null;
        }));
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
        assertThat(ours.isOutputShutdown()).isTrue();
        send(peer, "more");
        assertThat(result(run(() -> text(ours, 4)))).isEqualTo("more");
        assertThatThrownBy(() -> result(run(() -> send(ours, "x")))).isInstanceOf(SocketException.class);
    }

    @Test
    void the_end_of_our_input_wakes_a_read_and_leaves_our_output_open() throws Exception {
        Future<Integer> read = run(() -> ours.getInputStream().read());
        assertStaysOpen(read);
        ours.shutdownInput();
        assertThat(result(read)).isEqualTo(-1);
        assertThat(ours.isInputShutdown()).isTrue();
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
    }

    @Test
    void a_reset_ends_a_read() throws Exception {
        Future<Integer> read = run(() -> ours.getInputStream().read());
        assertStaysOpen(read);
        peer.setSoLinger(true, 0);
        peer.close();
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketException.class);
    }

    @Test
    void a_reset_ends_a_write() throws Exception {
        Future<?> write = run(() -> sendForever(ours));
        assertStaysOpen(write);
        peer.setSoLinger(true, 0);
        peer.close();
        assertThatThrownBy(() -> result(write)).isInstanceOf(SocketException.class);
    }

    @Test
    void a_read_ends_at_its_deadline_and_a_last_reply_can_still_be_written() throws Exception {
        Deadline deadline = transport.watch(ours);
        InputStream in = ours.getInputStream();
        long begin = System.nanoTime();
        Future<Integer> read = run(() -> {
            deadline.arm(SHORT);
            return in.read();
        });
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketTimeoutException.class);
        assertThat(System.nanoTime() - begin).isBetween(SHORT.toNanos(), SHORT.toNanos() * 10);
        assertThat(deadline.expired()).isTrue();
        deadline.arm(LONG);
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void a_deadline_that_is_met_or_disarmed_ends_nothing() throws Exception {
        Deadline deadline = transport.watch(ours);
        send(peer, "hello");
        deadline.arm(SHORT);
        assertThat(result(run(() -> text(ours, 5)))).isEqualTo("hello");
        deadline.disarm();
        Future<String> next = run(() -> text(ours, 5));
        assertStaysOpen(next, SHORT.multipliedBy(3));
        send(peer, "again");
        assertThat(result(next)).isEqualTo("again");
        assertThat(deadline.expired()).isFalse();
    }

    @Test
    void a_short_deadline_after_a_long_one_is_kept() throws Exception {
        Deadline deadline = transport.watch(ours);
        assertThatThrownBy(() -> result(run(() -> {
                    deadline.arm(LONG);
                    send(peer, "x");
                    text(ours, 1);
                    deadline.arm(SHORT);
                    return text(ours, 1);
                })))
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void a_write_to_a_peer_that_never_reads_ends_at_its_deadline() throws Exception {
        Deadline deadline = transport.watch(ours);
        deadline.arm(SHORT);
        assertThatThrownBy(() -> result(run(() -> sendForever(ours)))).isInstanceOf(IOException.class);
        assertThat(deadline.expired()).isTrue();
    }

    @Test
    void expire_ends_the_present_wait() throws Exception {
        Deadline deadline = transport.watch(ours);
        deadline.arm(LONG);
        Future<Integer> read = run(() -> ours.getInputStream().read());
        assertStaysOpen(read);
        deadline.expire();
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketTimeoutException.class);
        assertThat(deadline.expired()).isTrue();
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
    }

    @Test
    void expire_ends_the_next_wait_where_there_is_none() throws Exception {
        Deadline deadline = transport.watch(ours);
        InputStream in = ours.getInputStream();
        deadline.expire();
        deadline.arm(LONG);
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void close_by_another_thread_ends_a_read() throws Exception {
        Future<Integer> read = run(() -> ours.getInputStream().read());
        assertStaysOpen(read);
        ours.close();
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketException.class);
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void close_by_another_thread_ends_a_write() throws Exception {
        Future<?> write = run(() -> sendForever(ours));
        assertStaysOpen(write);
        ours.close();
        assertThatThrownBy(() -> result(write)).isInstanceOf(SocketException.class);
    }

    @Test
    void what_is_closed_refuses_and_may_be_closed_again() throws Exception {
        InputStream in = ours.getInputStream();
        ours.close();
        ours.close();
        assertThat(ours.isClosed()).isTrue();
        assertThatThrownBy(ours::getInputStream).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketException.class);
        assertThat(ours.getInetAddress()).isEqualTo(LOOPBACK);
    }

    @Test
    void closing_a_stream_closes_the_socket() throws Exception {
        ours.getOutputStream().close();
        assertThat(ours.isClosed()).isTrue();
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void so_timeout_ends_a_read_and_leaves_the_socket_as_it_was() throws Exception {
        ours.setSoTimeout(100);
        assertThat(ours.getSoTimeout()).isEqualTo(100);
        assertThatThrownBy(() -> result(run(() -> ours.getInputStream().read())))
                .isInstanceOf(SocketTimeoutException.class);
        ours.setSoTimeout(0);
        send(peer, "hello");
        assertThat(result(run(() -> text(ours, 5)))).isEqualTo("hello");
    }

    @Test
    void ten_megabytes_go_both_ways_at_once() throws Exception {
        byte[] there = randomBytes(1);
        byte[] back = randomBytes(2);
        List<Future<?>> writes = List.of(run(() -> send(ours, there)), onPlatformThread(() -> send(peer, back)));
        Future<byte[]> read = run(() -> ours.getInputStream().readNBytes(MANY));
        assertThat(peer.getInputStream().readNBytes(MANY)).isEqualTo(there);
        assertThat(result(read)).isEqualTo(back);
        for (Future<?> write : writes) {
            result(write);
        }
    }

    @Test
    void a_session_relays_between_what_it_accepted_and_what_it_opened() throws Exception {
        ServerSocket destination = closing(new ServerSocket(0, 50, LOOPBACK));
        Future<?> echo = onPlatformThread(() -> echo(destination.accept()));
        Future<?> session = run(() -> {
            try (Socket downstream = connect(destination.getLocalPort())) {
                for (int i = 0; i < 1_000; i++) {
                    downstream.getOutputStream().write(text(ours, 5).getBytes(US_ASCII));
                    ours.getOutputStream().write(text(downstream, 5).getBytes(US_ASCII));
                }
            }
            return null;
        });
        for (int i = 0; i < 1_000; i++) {
            send(peer, "ping\n");
            assertThat(text(peer, 5)).isEqualTo("ping\n");
        }
        result(session);
        result(echo);
    }

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
        ours.setKeepAlive(true);
        ours.setSoLinger(true, 3);
        ours.setTrafficClass(8);
        ours.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        assertThat(ours.getKeepAlive()).isTrue();
        assertThat(ours.getSoLinger()).isEqualTo(3);
        assertThat(ours.getTrafficClass()).isEqualTo(8);
        assertThat(ours.getReuseAddress()).isTrue();
        assertThat(ours.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(ours.getReceiveBufferSize());
        assertThat(ours.getSendBufferSize()).isPositive();
    }

    @Test
    void a_connect_that_is_refused_says_so() throws Exception {
        int closed;
        try (ServerSocket gone = new ServerSocket(0, 1, LOOPBACK)) {
            closed = gone.getLocalPort();
        }
        assertThatThrownBy(() -> result(run(() -> connect(closed)))).isInstanceOf(ConnectException.class);
    }

    @Test
    void a_connect_to_one_who_does_not_answer_ends_in_time() throws Exception {
        ServerSocket full = closing(new ServerSocket(0, 1, LOOPBACK));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        result(run(() -> transport.connect(
                                new InetSocketAddress(LOOPBACK, full.getLocalPort()), Duration.ofMillis(300))));
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void a_name_that_was_not_resolved_is_not_connected_to() {
        assertThatThrownBy(() ->
                        result(run(() -> transport.connect(InetSocketAddress.createUnresolved("mail.test", 25), LONG))))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void a_port_that_is_given_up_refuses_while_its_accept_loop_waits() throws Exception {
        Future<Socket> accept = onPlatformThread(() -> port.accept());
        assertStaysOpen(accept);
        int number = port.getLocalPort();
        port.drain();
        await().untilAsserted(() ->
                assertThatThrownBy(() -> new Socket(LOOPBACK, number).close()).isInstanceOf(ConnectException.class));
        assertStaysOpen(accept);
        port.close();
        assertThatThrownBy(() -> result(accept)).isInstanceOf(SocketException.class);
        assertThat(port.isClosed()).isTrue();
    }

    @Test
    void two_thousand_sessions_talk_at_once() throws Exception {
        int count = 2_000;
        List<Socket> clients = new ArrayList<>();
        List<Future<?>> sessions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(closing(new Socket(LOOPBACK, port.getLocalPort())));
            Socket accepted = closing(port.accept());
            sessions.add(onSessionThread(() -> echo(accepted)));
        }
        for (int round = 0; round < 3; round++) {
            for (Socket client : clients) {
                send(client, "ping\n");
            }
            for (Socket client : clients) {
                assertThat(text(client, 5)).isEqualTo("ping\n");
            }
        }
        for (Socket client : clients) {
            client.close();
        }
        for (Future<?> session : sessions) {
            result(session);
        }
    }

    @Test
    void a_session_may_wait_for_another_without_a_socket() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        Future<Boolean> waiting = onSessionThread(() -> latch.await(20, TimeUnit.SECONDS));
        onSessionThread(() -> {
            latch.countDown();
            return null;
        });
        assertThat(result(waiting)).isTrue();
    }

    @Test
    void code_of_others_runs_on_the_thread_that_called() throws Exception {
        assertThat(result(onSessionThread(() -> transport.elsewhere(Thread::currentThread) == Thread.currentThread())))
                .isTrue();
    }

    @Test
    void closing_takes_no_more_sessions_and_lets_those_that_there_are_end() throws Exception {
        Future<String> session = onSessionThread(() -> text(ours, 5));
        assertStaysOpen(session);
        transport.close();
        assertThatThrownBy(() -> transport.threads().execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        send(peer, "hello");
        assertThat(result(session)).isEqualTo("hello");
    }

    private Socket connect(int to) throws IOException {
        return closing(transport.connect(new InetSocketAddress(LOOPBACK, to), LONG));
    }

    private synchronized <C extends AutoCloseable> C closing(C closeable) {
        open.add(closeable);
        return closeable;
    }

    private <T> Future<T> run(Callable<T> code) {
        return setting.onSessionThreads ? onSessionThread(code) : onPlatformThread(code);
    }

    private <T> Future<T> onSessionThread(Callable<T> code) {
        return on(transport.threads(), code);
    }

    private static <T> Future<T> onPlatformThread(Callable<T> code) {
        return on(task -> new Thread(task).start(), code);
    }

    private static <T> Future<T> on(Executor threads, Callable<T> code) {
        CompletableFuture<T> result = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                result.complete(code.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static <T> T result(Future<T> future) throws Exception {
        try {
            return future.get(40, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private static void assertStaysOpen(Future<?> future) {
        assertStaysOpen(future, Duration.ofMillis(150));
    }

    private static void assertStaysOpen(Future<?> future, Duration time) {
        assertThat(future)
                .failsWithin(time)
                .withThrowableThat()
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
    }

    private static Object send(Socket socket, String text) throws IOException {
        return send(socket, text.getBytes(US_ASCII));
    }

    private static Object send(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return socket;
    }

    private static Object sendForever(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        byte[] block = new byte[100_000];
        while (true) {
            out.write(block);
        }
    }

    private static String text(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), US_ASCII);
    }

    private static Object echo(Socket socket) throws IOException {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] block = new byte[1_024];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                out.write(block, 0, n);
            }
        }
        return socket;
    }

    private static byte[] randomBytes(int seed) {
        byte[] bytes = new byte[MANY];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
