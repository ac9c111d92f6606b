package io.github.smtpproxy.internal.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReplyQueueTest {

    private static final Deadline NONE = new Deadline() {
        @Override
        public void arm(Duration timeout) {}

        @Override
        public void disarm() {}

        @Override
        public boolean expired() {
            return false;
        }

        @Override
        public void expire() {}

        @Override
        public void close() {}
    };

    @Test
    void large_replies_do_not_pile_up_until_their_group_is_complete() throws IOException {
        Reply large = Reply.of(250, Collections.nCopies(15, "x".repeat(4_000)).toArray(String[]::new));
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket peer = new Socket(port.getInetAddress(), port.getLocalPort())) {
            CompletableFuture<Long> taken = CompletableFuture.supplyAsync(() -> read(peer));
            try (Wire client =
                    new Wire(port.accept(), NONE, new Wire.Log(Wire.NO_TRANSCRIPT, "s", Transcript.Lane.CLIENT))) {
                ReplyQueue replies = new ReplyQueue(
                        client,
                        Duration.ofSeconds(30),
                        new PassingJudge(),
                        (reply, command) -> false,
                        (reply, command) -> false);
                ReplyQueue.InReplyTo nothing = new ReplyQueue.InReplyTo(
                        "-", new Spoken("-", ""), Optional.empty(), Optional.empty(), false, 0);
                for (int i = 0; i < 64; i++) {
                    replies.add(
                            new ObservedReply(
                                    large, known -> assertThat(client.queued()).isLessThan(64 * 1024)),
                            nothing);
                }
                replies.write();
            }
            assertThat(taken.join()).isGreaterThan(64 * 60_000);
        }
    }

    private static final class PassingJudge implements ReplyQueue.Judge {
        @Override
        public Reply judge(Reply reply, ReplyQueue.InReplyTo command) {
            return reply;
        }

        @Override
        public void ended(Reply reply) {}
    }

    private static long read(Socket peer) {
        try {
            return peer.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
