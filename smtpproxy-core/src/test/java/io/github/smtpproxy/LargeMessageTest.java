package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.Dialogue;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.FutureTask;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A message many times larger than the memory of the proxy. */
class LargeMessageTest {

    /** What arrived at the destination, with the final dot of DATA. */
    private record Arrived(long octets, long checksum) {}

    @ParameterizedTest(name = "{0} MiB, {1}")
    @CsvSource({"1024, NO_FILTER", "1024, LIMIT_SIZE", "200, OPENED_BODY", "200, OPENED_UNLESS_LARGE"})
    void a_message_passes_that_is_larger_than_the_memory(int mebibytes, Looking looking) throws Exception {
        try (Sink sink = new Sink();
                ForkedProxy proxy = ForkedProxy.start(64, sink.destination(), looking);
                Dialogue client = Dialogue.with(proxy.address())) {
            assertThat(proxy.heap()).isLessThanOrEqualTo(64L << 20);
            client.greets().envelope().says("DATA").hears("354");
            Content sent = new Content(client);
            sent.send(mebibytes << 4);
            sent.send(".\r\n".getBytes(StandardCharsets.US_ASCII));
            client.hears("250 2.0.0 Taken").says("QUIT").hears("221").hearsTheEnd();
            assertThat(sink.arrived.get()).isEqualTo(sent.arrived());
        }
    }

    /** It is held in a file, and read a second time. */
    @ParameterizedTest(name = "chunks: {0}")
    @ValueSource(booleans = {false, true})
    void a_large_message_is_signed(boolean chunks) throws Exception {
        try (Sink sink = new Sink();
                ForkedProxy proxy = ForkedProxy.start(64, sink.destination(), Looking.SIGNED);
                Dialogue client = Dialogue.with(proxy.address())) {
            client.greets().envelope();
            String from = "From: a@client.test\r\n";
            client.says(chunks ? "BDAT " + (from.length() + (100 << 20)) + " LAST" : "DATA");
            Content sent = new Content(client);
            if (!chunks) {
                client.hears("354");
            }
            sent.send(from.getBytes(StandardCharsets.US_ASCII));
            sent.send(1_600);
            if (!chunks) {
                sent.send(".\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            client.hears("250 2.0.0 Taken").says("QUIT").hears("221").hearsTheEnd();
            assertThat(sink.arrived.get().octets() - sent.arrived().octets()).isBetween(500L, 800L);
        }
    }

    /** 300 MiB are more than may be kept. */
    @ParameterizedTest(name = "{0} chunks of {1} MiB, {2}")
    @CsvSource({
        "1, 200, OPENED_UNLESS_LARGE",
        "200, 1, OPENED_UNLESS_LARGE",
        "300, 1, OPENED_UNLESS_LARGE",
        "2, 512, LIMIT_SIZE"
    })
    void it_passes_in_chunks_too(int chunks, int mebibytes, Looking looking) throws Exception {
        try (Sink sink = new Sink();
                ForkedProxy proxy = ForkedProxy.start(64, sink.destination(), looking);
                Dialogue client = Dialogue.with(proxy.address())) {
            client.greets().envelope();
            Content sent = new Content(client);
            for (int i = 1; i <= chunks; i++) {
                client.says("BDAT " + (mebibytes << 20) + (i == chunks ? " LAST" : ""));
                sent.send(mebibytes << 4);
                client.hears("250 2.0.0 ");
            }
            client.says("QUIT").hears("221").hearsTheEnd();
            assertThat(sink.arrived.get()).isEqualTo(sent.arrived());
        }
    }

    /** What a client sends: blocks of 64 KiB, no two alike. */
    private static final class Content {
        private final Dialogue client;
        private final CRC32 checksum = new CRC32();
        private final byte[] block = lines().getBytes(StandardCharsets.US_ASCII);
        private int blocks;
        private long octets;

        Content(Dialogue client) {
            this.client = client;
        }

        void send(int count) {
            for (int i = 0; i < count; i++) {
                byte[] number = String.format("%010d", blocks++).getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(number, 0, block, 0, number.length);
                send(block);
            }
        }

        void send(byte[] content) {
            checksum.update(content);
            octets += content.length;
            client.sends(content);
        }

        Arrived arrived() {
            return new Arrived(octets, checksum.getValue());
        }
    }

    /** A header section, and lines of 64 octets. */
    private static String lines() {
        String line = "..dots at the begin of a line, and text ";
        return "0000000000: " + "h".repeat(48) + "\r\n\r\n"
                + (line + "y".repeat(62 - line.length()) + "\r\n").repeat(1_023);
    }

    /** A destination of one session, which sends nothing behind an end before it is answered: PIPELINING is not offered. */
    private static final class Sink implements AutoCloseable {
        private final ServerSocket port = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        private final FutureTask<Arrived> arrived = new FutureTask<>(this::serve);
        private final CRC32 checksum = new CRC32();
        private final byte[] block = new byte[1 << 16];
        private long octets;

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
                InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
                answer(socket, "220 sink.test");
                String line = line(in);
                while (!line.startsWith("QUIT")) {
                    answer(socket, reply(socket, in, line));
                    line = line(in);
                }
                answer(socket, "221 2.0.0 Bye");
                return new Arrived(octets, checksum.getValue());
            }
        }

        private String reply(Socket socket, InputStream in, String line) throws IOException {
            switch (line.substring(0, 4)) {
                case "EHLO":
                    return "250-sink.test\r\n250 CHUNKING";
                case "DATA":
                    answer(socket, "354 Go on");
                    readToDot(in);
                    return "250 2.0.0 Taken";
                case "BDAT":
                    read(Long.parseLong(line.split(" ")[1]), in);
                    return "250 2.0.0 Taken";
                default:
                    return "250 2.0.0 Ok";
            }
        }

        private static void answer(Socket socket, String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        private static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            while (line.indexOf("\r\n") < 0) {
                line.append((char) in.read());
            }
            return line.toString().strip();
        }

        private void readToDot(InputStream in) throws IOException {
            String end = "\r\n.\r\n";
            String tail = "";
            while (!tail.endsWith(end)) {
                int n = take(block.length, in);
                int from = Math.max(0, n - end.length());
                tail += new String(block, from, n - from, StandardCharsets.ISO_8859_1);
                tail = tail.substring(Math.max(0, tail.length() - end.length()));
            }
        }

        private void read(long size, InputStream in) throws IOException {
            for (long left = size; left > 0; ) {
                left -= take((int) Math.min(left, block.length), in);
            }
        }

        private int take(int most, InputStream in) throws IOException {
            int n = in.read(block, 0, most);
            if (n < 0) {
                throw new EOFException("after " + octets + " octets");
            }
            checksum.update(block, 0, n);
            octets += n;
            return n;
        }

        @Override
        public void close() throws IOException {
            port.close();
        }
    }
}
