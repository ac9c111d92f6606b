package io.github.smtpproxy.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Bytes in both directions, and how they end. */
class TransportBytesTest extends TransportContract {

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
}
