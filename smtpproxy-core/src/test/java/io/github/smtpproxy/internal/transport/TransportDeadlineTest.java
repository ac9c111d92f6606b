package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** When a wait ends because its time is over. */
class TransportDeadlineTest extends TransportContract {

    @Test
    void a_read_ends_at_its_deadline_and_a_last_reply_can_still_be_written() throws Exception {
        Deadline deadline = network.watch(ours);
        InputStream in = ours.getInputStream();
        long begin = System.nanoTime();
        Future<Integer> read = run(() -> {
            deadline.arm(SHORT);
            return in.read();
        });
        assertThatThrownBy(() -> result(read)).isInstanceOf(SocketTimeoutException.class);
        assertThat(System.nanoTime() - begin).isBetween(SHORT.toNanos(), LONG.toNanos());
        assertThat(deadline.expired()).isTrue();
        deadline.arm(LONG);
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void a_deadline_that_is_met_or_disarmed_ends_nothing() throws Exception {
        Deadline deadline = network.watch(ours);
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
        Deadline deadline = network.watch(ours);
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
        Deadline deadline = network.watch(ours);
        deadline.arm(SHORT);
        assertThatThrownBy(() -> result(run(() -> sendForever(ours)))).isInstanceOf(IOException.class);
        assertThat(deadline.expired()).isTrue();
    }

    @Test
    void expire_ends_the_present_wait() throws Exception {
        Deadline deadline = network.watch(ours);
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
        Deadline deadline = network.watch(ours);
        InputStream in = ours.getInputStream();
        deadline.expire();
        deadline.arm(LONG);
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void expire_may_be_said_again_and_again_and_a_last_reply_can_still_be_written() throws Exception {
        Deadline deadline = network.watch(ours);
        InputStream in = ours.getInputStream();
        deadline.expire();
        deadline.expire();
        deadline.arm(LONG);
        assertThatThrownBy(() -> result(run(() -> in.read()))).isInstanceOf(SocketTimeoutException.class);
        deadline.expire();
        result(run(() -> send(ours, "421")));
        assertThat(text(peer, 3)).isEqualTo("421");
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
}
