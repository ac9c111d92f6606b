package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.Dialogue;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A message many times larger than the memory of the proxy. */
class LargeMessageTest {

    /** What arrived at the destination, with the final dot. */
    private record Arrived(long octets, long checksum) {}

    @ParameterizedTest(name = "{0} MiB, {1}")
    @CsvSource({"1024, NO_FILTER", "1024, LIMIT_SIZE", "200, OPENED_BODY"})
    void a_message_passes_that_is_larger_than_the_memory(int mebibytes, Looking looking) throws Exception {
        try (Sink sink = new Sink();
                ForkedProxy proxy = ForkedProxy.start(64, sink.destination(), looking);
                Dialogue client = Dialogue.with(proxy.address())) {
            assertThat(proxy.heap()).isLessThanOrEqualTo(64L << 20);
            client.greets().envelope().says("DATA").hears("354");
            Arrived sent = send(client, mebibytes << 4);
            client.hears("250 2.0.0 Taken").says("QUIT").hears("221").hearsTheEnd();
            assertThat(sink.arrived.get()).isEqualTo(sent);
        }
    }

    /** Blocks of 64 KiB, no two alike. */
    private static Arrived send(Dialogue client, int blocks) {
        CRC32 checksum = new CRC32();
        byte[] block = lines().getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < blocks; i++) {
            byte[] number = String.format("%010d", i).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(number, 0, block, 0, number.length);
            checksum.update(block);
            client.sends(block);
        }
        byte[] dot = ".\r\n".getBytes(StandardCharsets.US_ASCII);
        checksum.update(dot);
        client.sends(dot);
        return new Arrived(65_536L * blocks + dot.length, checksum.getValue());
    }

    /** A header section, and lines of 64 octets. */
    private static String lines() {
        String line = "..dots at the begin of a line, and text ";
        return "0000000000: " + "h".repeat(48) + "\r\n\r\n"
                + (line + "y".repeat(62 - line.length()) + "\r\n").repeat(1_023);
    }

    /** A destination of one session. */
    private static final class Sink implements AutoCloseable {
        private final ServerSocket port = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        private final FutureTask<Arrived> arrived = new FutureTask<>(this::serve);

        Sink() throws IOException {
            Thread thread = new Thread(arrived, "sink");
            thread.setDaemon(true);
            thread.start();
        }

        Destination destination() {
            return Destination.at("127.0.0.1", port.getLocalPort());
        }

        private Arrived serve() throws IOException {
            try (Socket socket = port.accept()) {
                InputStream in = socket.getInputStream();
                answer(socket, "220 sink.test");
                for (String reply : List.of("250 sink.test", "250 2.1.0 Ok", "250 2.1.5 Ok", "354 Go on")) {
                    readTo("\r\n", in);
                    answer(socket, reply);
                }
                Arrived message = readTo("\r\n.\r\n", in);
                answer(socket, "250 2.0.0 Taken");
                readTo("\r\n", in);
                answer(socket, "221 2.0.0 Bye");
                return message;
            }
        }

        private static void answer(Socket socket, String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        /** The proxy sends nothing behind an end before it is answered: PIPELINING is not offered. */
        private static Arrived readTo(String end, InputStream in) throws IOException {
            CRC32 checksum = new CRC32();
            byte[] block = new byte[1 << 16];
            String tail = "";
            long octets = 0;
            while (!tail.endsWith(end)) {
                int n = in.read(block);
                if (n < 0) {
                    throw new EOFException("after " + octets + " octets");
                }
                checksum.update(block, 0, n);
                octets += n;
                int from = Math.max(0, n - end.length());
                tail += new String(block, from, n - from, StandardCharsets.ISO_8859_1);
                tail = tail.substring(Math.max(0, tail.length() - end.length()));
            }
            return new Arrived(octets, checksum.getValue());
        }

        @Override
        public void close() throws IOException {
            port.close();
        }
    }
}
