package io.github.smtpproxy.internal.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What carries sessions. */
class TransportSessionsTest extends TransportContract {

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
        Future<Boolean> waiting = onSessionThread(() -> latch.await(60, TimeUnit.SECONDS));
        onSessionThread(() -> {
            latch.countDown();
            return null;
        });
        assertThat(result(waiting)).isTrue();
    }

    @Test
    void closing_takes_no_more_sessions_and_lets_those_that_there_are_end() throws Exception {
        Future<String> session = onSessionThread(() -> text(ours, 5));
        assertStaysOpen(session);
        network.close();
        assertThatThrownBy(() -> network.threads().execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        send(peer, "hello");
        assertThat(result(session)).isEqualTo("hello");
    }
}
