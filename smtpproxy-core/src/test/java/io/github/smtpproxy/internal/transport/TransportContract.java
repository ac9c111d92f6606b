package io.github.smtpproxy.internal.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.loop.Poller;
import io.github.smtpproxy.internal.transport.loop.SelectorPoller;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What session code may rely on, whatever the network, and whatever the thread: a connection for each test. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.github.smtpproxy.internal.transport.TransportContract#settings")
abstract class TransportContract {

    static final Duration LONG = Duration.ofMinutes(5);
    static final Duration SHORT = Duration.ofMillis(200);
    static final int MANY = 10 << 20;
    static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** A network, and whether the test's code runs on the session threads of it or on platform threads. */
    record Setting(String name, Optional<String> unavailable, Supplier<Network> start, boolean onSessionThreads) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Setting> settings() {
        Optional<String> loops = EventLoopNetwork.unavailable();
        return Stream.of(
                        Stream.of(new Setting("plain", Optional.empty(), PlainNetwork::start, true)),
                        eventLoops("selectors", loops, SelectorPoller.FACTORY),
                        eventLoops("io_uring", loops.or(RingPoller::unavailable), RingPoller.FACTORY))
                .flatMap(each -> each);
    }

    private static Stream<Setting> eventLoops(String on, Optional<String> unavailable, Poller.Factory pollers) {
        Supplier<Network> two = () -> EventLoopNetwork.start(2, pollers, on);
        return Stream.of(
                new Setting("event loops on " + on, unavailable, two, true),
                new Setting("one event loop on " + on, unavailable, () -> EventLoopNetwork.start(1, pollers, on), true),
                new Setting("event loops on " + on + ", threads of others", unavailable, two, false));
    }

    @Parameter
    Setting setting;

    private final List<AutoCloseable> open = new ArrayList<>();
    Network network;
    ListeningSocket port;
    /** What the network accepted, and the peer that connected to it. */
    Socket ours;

    Socket peer;

    @BeforeEach
    void connect() throws Exception {
        assumeTrue(setting.unavailable.isEmpty(), () -> setting.unavailable.orElseThrow());
        network = closing(setting.start.get());
        port = closing(network.listen());
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

    Socket connect(int to) throws IOException {
        return closing(network.connect(new InetSocketAddress(LOOPBACK, to), LONG));
    }

    synchronized <C extends AutoCloseable> C closing(C closeable) {
        open.add(closeable);
        return closeable;
    }

    <T> Future<T> run(Callable<T> code) {
        return setting.onSessionThreads ? onSessionThread(code) : onPlatformThread(code);
    }

    <T> Future<T> onSessionThread(Callable<T> code) {
        return on(network.threads(), code);
    }

    static <T> Future<T> onPlatformThread(Callable<T> code) {
        return on(task -> new Thread(task).start(), code);
    }

    static <T> Future<T> on(Executor threads, Callable<T> code) {
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

    static <T> T result(Future<T> future) throws Exception {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    static void assertStaysOpen(Future<?> future) {
        assertStaysOpen(future, Duration.ofMillis(150));
    }

    static void assertStaysOpen(Future<?> future, Duration time) {
        assertThat(future)
                .failsWithin(time)
                .withThrowableThat()
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
    }

    static Object send(Socket socket, String text) throws IOException {
        return send(socket, text.getBytes(US_ASCII));
    }

    static Object send(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return socket;
    }

    static Object sendForever(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        byte[] block = new byte[100_000];
        while (true) {
            out.write(block);
        }
    }

    static String text(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), US_ASCII);
    }

    static Object echo(Socket socket) throws IOException {
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

    static byte[] randomBytes(int seed) {
        byte[] bytes = new byte[MANY];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
