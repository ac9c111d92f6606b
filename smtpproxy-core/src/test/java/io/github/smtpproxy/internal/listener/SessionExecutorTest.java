package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionExecutorTest {

    private final PlainNetwork transport = PlainNetwork.start();
    private ListeningSocket port;

    @BeforeEach
    void open() throws IOException {
        port = transport.listen();
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        transport.close();
    }

    private SessionExecutor executor(Executor threads) {
        return new SessionExecutor(threads, port);
    }

    @Test
    void whatever_keeps_a_thread_from_starting_is_a_refused_connection() {
        SessionExecutor executor = executor(task -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThatThrownBy(() -> executor.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    /** SubEtha forgets a connection each time that a session has run: it would take no more some day. */
    @Test
    void a_session_runs_once_more_for_each_connection_that_was_lost_before_it_came_here() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        SessionExecutor executor = executor(Runnable::run);
        port.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread acceptLoop = new Thread(() -> acceptAndFail(3, executor, runs));
        acceptLoop.start();
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(new Socket(port.getInetAddress(), port.getLocalPort()));
        }
        acceptLoop.join(10_000);
        assertThat(runs).hasValue(4);
        for (Socket lost : clients.subList(0, 3)) {
            assertThat(lost.getInputStream().read()).isNegative();
        }
        for (Socket client : clients) {
            client.close();
        }
    }

    private final AtomicInteger accepted = new AtomicInteger();

    private void acceptAndFail(int failures, SessionExecutor executor, AtomicInteger runs) {
        try {
            port.accept();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (accepted.incrementAndGet() <= failures) {
            throw new OutOfMemoryError("for the session, as the test will have it");
        }
        executor.execute(runs::incrementAndGet);
    }

    @Test
    void stopping_waits_for_no_session() {
        SessionExecutor executor = executor(task -> {});
        executor.execute(() -> {});
        executor.shutdown();
        assertThat(executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS))
                .isTrue();
    }
}
