package io.github.smtpproxy.internal.transport.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What only event loops have to prove: that no session holds up the others of its loop. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"selectors", "io_uring"})
class EventLoopTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @Parameter
    private String waitingWith;

    @TempDir
    private Path folder;

    private EventLoopNetwork network;
    private ListeningSocket port;

    static boolean available() {
        return EventLoopNetwork.unavailable().isEmpty();
    }

    @BeforeEach
    void start() throws IOException {
        if (available()) {
            boolean ring = waitingWith.equals("io_uring");
            assumeTrue(
                    !ring || RingPoller.unavailable().isEmpty(),
                    () -> RingPoller.unavailable().orElseThrow());
            network = EventLoopNetwork.start(1, ring ? RingPoller.FACTORY : SelectorPoller.FACTORY, waitingWith);
            port = network.listen();
            port.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }
    }

    @AfterEach
    void stop() throws IOException {
        if (port != null) {
            port.close();
            network.close();
        }
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void a_session_that_computes_does_not_hold_up_the_others() throws Exception {
        AtomicBoolean computes = new AtomicBoolean(true);
        othersTakeTurnsUntil(() -> computes.set(false), () -> {
            while (computes.get()) {
                Thread.onSpinWait();
            }
        });
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void a_session_that_sleeps_does_not_hold_up_the_others() throws Exception {
        CountDownLatch sleeps = new CountDownLatch(1);
        othersTakeTurnsUntil(sleeps::countDown, sleeps::await);
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void a_session_that_waits_for_a_file_does_not_hold_up_the_others() throws Exception {
        Path pipe = pipe("slow");
        othersTakeTurnsUntil(() -> release(pipe), () -> waitFor(pipe));
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void a_session_that_held_its_loop_goes_on_with_its_socket() throws Exception {
        try (Conversation held = new Conversation(() -> computeFor(Duration.ofMillis(100)))) {
            for (int i = 0; i < 10; i++) {
                held.turn();
            }
        }
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void sessions_that_begin_while_the_loop_changes_hands_all_come_to_their_end() throws Exception {
        int count = 4_000;
        CountDownLatch ended = new CountDownLatch(count);
        network.threads().execute(() -> computeFor(Duration.ofMillis(200)));
        new Thread(() -> attempt(() -> {
                    for (int i = 0; i < count; i++) {
                        port.accept().close();
                    }
                }))
                .start();
        Semaphore atOnce = new Semaphore(32);
        for (int i = 0; i < count; i++) {
            assertThat(atOnce.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
            network.threads()
                    .execute(() -> attempt(() -> {
                        network.mayHold();
                        try (Socket socket = network.connect(address(), LONG)) {
                            assertThat(socket.getInputStream().read()).isEqualTo(-1);
                        }
                        atOnce.release();
                        ended.countDown();
                    }));
        }
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void many_sessions_that_hold_their_loop_hold_it_side_by_side() throws Exception {
        int count = 8;
        CountDownLatch holding = new CountDownLatch(count);
        List<Path> pipes = new ArrayList<>();
        List<Conversation> sessions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Path pipe = pipe("slow" + i);
            pipes.add(pipe);
            sessions.add(new Conversation(() -> {
                holding.countDown();
                waitFor(pipe);
            }));
        }
        sessions.forEach(Conversation::send);
        assertThat(holding.await(60, TimeUnit.SECONDS)).isTrue();
        for (Path pipe : pipes) {
            release(pipe);
        }
        for (Conversation session : sessions) {
            session.receive();
            session.close();
        }
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void a_thread_that_a_session_left_behind_goes_on_after_the_loop_has_ended() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        network.threads()
                .execute(() -> virtual(() -> {
                    goOn.await();
                    done.countDown();
                }));
        network.close();
        await().until(() -> threadsNamed("smtpproxy-loop-watcher") == 0);
        goOn.countDown();
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void when_it_is_closed_no_thread_is_left() throws Exception {
        network.threads().execute(() -> computeFor(Duration.ofMillis(200)));
        network.close();
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void what_nobody_calls_is_not_supported_rather_than_done_to_another_socket() throws Exception {
        try (Socket socket = network.connect(address(), LONG)) {
            assertThatThrownBy(() -> socket.setKeepAlive(true)).isInstanceOf(SocketException.class);
            assertThatThrownBy(socket::getReceiveBufferSize).hasMessageContaining("not supported");
        }
    }

    private interface Code {
        void run() throws Exception;
    }

    /** The other session has all of its turns while that one has not ended. */
    private void othersTakeTurnsUntil(Code end, Code foreign) throws Exception {
        try (Conversation other = new Conversation(() -> {});
                Conversation held = new Conversation(foreign)) {
            held.send();
            try {
                for (int i = 0; i < 1_000; i++) {
                    other.turn();
                }
                assertThat(held.hasAnswered()).isFalse();
            } finally {
                end.run();
            }
            held.receive();
        }
    }

    private static void computeFor(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private Path pipe(String name) throws Exception {
        Path pipe = folder.resolve(name);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        return pipe;
    }

    /** Holds its carrier: the JDK has no other way to wait for a file. */
    private static void waitFor(Path pipe) throws IOException {
        try (InputStream in = new FileInputStream(pipe.toFile())) {
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    private static void release(Path pipe) throws IOException {
        new FileOutputStream(pipe.toFile()).close();
    }

    private static void virtual(Code code) {
        try {
            Thread thread = (Thread)
                    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, (Runnable)
                            () -> attempt(code));
            assertThat(thread.isDaemon()).isTrue();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void attempt(Code code) {
        try {
            code.run();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port.getLocalPort());
    }

    private static long threadsNamed(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals(name))
                .count();
    }

    /** A client, and its session, which runs foreign code before it answers. */
    private final class Conversation implements AutoCloseable {
        private final Socket client;

        Conversation(Code foreign) throws IOException {
            client = new Socket(InetAddress.getLoopbackAddress(), port.getLocalPort());
            Socket accepted = port.accept();
            network.threads()
                    .execute(() -> attempt(() -> {
                        try (accepted) {
                            for (int octet = accepted.getInputStream().read();
                                    octet >= 0;
                                    octet = accepted.getInputStream().read()) {
                                network.mayHold();
                                attempt(foreign);
                                accepted.getOutputStream().write(octet);
                            }
                        }
                    }));
        }

        void turn() {
            send();
            receive();
        }

        void send() {
            attempt(() -> client.getOutputStream().write('x'));
        }

        void receive() {
            attempt(() -> assertThat(client.getInputStream().read()).isEqualTo('x'));
        }

        boolean hasAnswered() {
            try {
                return client.getInputStream().available() > 0;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }
}
