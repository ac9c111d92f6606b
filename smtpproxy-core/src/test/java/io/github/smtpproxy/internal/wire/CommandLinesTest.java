package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.wire.CommandLine.Flaw;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a command line ends, however the input is split into reads; and that no line with a line end in it is written. */
class CommandLinesTest {

    private static final String LONG = "x".repeat(3_000);
    private static final String EVIL = "MAIL FROM:<evil@c.test>";

    /** The input, and the flaw or text of each line that is to be read from it. */
    static Stream<Arguments> flawed() {
        return Stream.of(
                Arguments.of("NOOP <250 x>\n" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\n\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("\n" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\n\n" + EVIL + "\nDATA\n\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\n\r" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\n\r\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\r" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\r\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\r" + EVIL + "\nDATA\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\0\n" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")),
                Arguments.of("NOOP\0" + EVIL + "\r\nQUIT\r\n", List.of("NUL", "QUIT")),
                Arguments.of("NOOP\r\n" + "RSET\n" + EVIL + "\r\nQUIT\r\n", List.of("NOOP", "BARE_LINE_END", "QUIT")),
                Arguments.of(
                        "A\n" + EVIL + "\r\nB\n" + EVIL + "\r\nQUIT\r\n",
                        List.of("BARE_LINE_END", "BARE_LINE_END", "QUIT")),
                Arguments.of(LONG + "\r\nQUIT\r\n", List.of("TOO_LONG", "QUIT")),
                Arguments.of(LONG + "\n" + EVIL + "\r\nQUIT\r\n", List.of("TOO_LONG", "QUIT")),
                Arguments.of(LONG + "\r" + EVIL + "\r\nQUIT\r\n", List.of("TOO_LONG", "QUIT")),
                Arguments.of("N\n" + LONG + "\n" + EVIL + "\r\nQUIT\r\n", List.of("BARE_LINE_END", "QUIT")));
    }

    @ParameterizedTest
    @MethodSource("flawed")
    void what_follows_a_bare_line_end_is_part_of_the_line_in_every_split(String sent, List<String> read)
            throws IOException {
        for (int at = 0; at <= sent.length(); at++) {
            assertThat(lines(false, sent.substring(0, at), sent.substring(at)))
                    .as("split at %d", at)
                    .isEqualTo(read);
        }
        assertThat(lines(false, sent.split(""))).as("octet by octet").isEqualTo(read);
    }

    @Test
    void where_a_line_feed_ends_a_line_each_line_is_one_in_every_split() throws IOException {
        String sent = "NOOP\nRSET\r\nHELP\0\nA\rB\nQUIT\n";
        for (int at = 0; at <= sent.length(); at++) {
            assertThat(lines(true, sent.substring(0, at), sent.substring(at)))
                    .as("split at %d", at)
                    .containsExactly("NOOP", "RSET", "NUL", "BARE_LINE_END", "QUIT");
        }
    }

    @Test
    void a_line_whose_crlf_is_still_to_come_is_not_a_buffered_line() throws IOException {
        Wire wire = wire("NOOP\n" + EVIL + "\nDATA\n", "\r\nQUIT\r\n");
        assertThat(next(wire)).isEqualTo("BARE_LINE_END");
        assertThat(wire.hasBufferedLine()).isFalse();
        assertThat(next(wire)).isEqualTo("QUIT");
    }

    @Test
    void a_line_without_end_is_read_up_to_two_megabytes() throws IOException {
        String[] endless = new String[3_000];
        Arrays.fill(endless, "x".repeat(1_000));
        endless[0] = "NOOP\n";
        Wire wire = wire(endless);
        assertThat(next(wire)).isEqualTo("BARE_LINE_END");
        assertThatThrownBy(() -> next(wire)).isInstanceOf(EOFException.class).hasMessageContaining("line of more than");
    }

    @ParameterizedTest
    @MethodSource("twoLines")
    void a_line_with_a_line_end_or_a_char_beyond_an_octet_is_not_queued(String line) throws IOException {
        Wire wire = wire();
        assertThatThrownBy(() -> wire.queueLine(line)).isInstanceOf(IllegalArgumentException.class);
        assertThat(wire.queued()).isZero();
    }

    static Stream<String> twoLines() {
        return Stream.of("NOOP\r\n", "NOOP\nRSET", "NOOP\rRSET", "NO\0OP", "NOOP\u010a", "\u0d0aNOOP", "NOOP \u2028");
    }

    private static List<String> lines(boolean lineFeeds, String... reads) throws IOException {
        Wire wire = wire(reads);
        if (lineFeeds) {
            wire.acceptBareLineFeeds();
        }
        List<String> lines = new ArrayList<>();
        try {
            while (true) {
                lines.add(next(wire));
            }
        } catch (EOFException end) {
            return lines;
        }
    }

    private static String next(Wire wire) throws IOException {
        CommandLine line = wire.readCommand(Duration.ofMinutes(1), Duration.ofMinutes(1), 2_048, 12_288);
        return line.flaw() == Flaw.NONE ? line.text() : line.flaw().name();
    }

    private static Wire wire(String... reads) throws IOException {
        Wire.Log silent = new Wire.Log(Wire.NO_TRANSCRIPT, "1", Transcript.Lane.CLIENT);
        return new Wire(new Reads(reads), new NoDeadline(), silent);
    }

    /** A socket without a network that returns these strings, one for each read. */
    private static final class Reads extends Socket {
        private final List<byte[]> reads = new ArrayList<>();

        Reads(String... reads) {
            for (String read : reads) {
                if (!read.isEmpty()) {
                    this.reads.add(read.getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        }

        @Override
        public InputStream getInputStream() {
            return new BlockInputStream() {
                @Override
                public int read(byte[] target, int offset, int length) {
                    if (reads.isEmpty()) {
                        return -1;
                    }
                    byte[] next = reads.remove(0);
                    int n = Math.min(length, next.length);
                    System.arraycopy(next, 0, target, offset, n);
                    if (n < next.length) {
                        reads.add(0, Arrays.copyOfRange(next, n, next.length));
                    }
                    return n;
                }
            };
        }

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }
    }

    private static final class NoDeadline implements Deadline {
        @Override
        public void arm(Duration timeout) {
            // never expires
        }

        @Override
        public void disarm() {
            // never armed
        }

        @Override
        public boolean expired() {
            return false;
        }

        @Override
        public void expire() {
            // never waits
        }

        @Override
        public void close() {
            // watches no socket
        }
    }
}
