package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The code of the last line counts, and no text makes a reply invalid. */
class ReplyReaderTest {

    private static Reply read(String octets) throws IOException {
        return read(octets, Integer.MAX_VALUE);
    }

    private static Reply read(String octets, int atATime) throws IOException {
        InputStream in = new ByteArrayInputStream(octets.getBytes(StandardCharsets.ISO_8859_1)) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, atATime));
            }
        };
        ReadBuffer buffer = new ReadBuffer(Budget.unlimited().share());
        return new ReplyReader(buffer, line -> {}).next(() -> buffer.fillLine(in));
    }

    private static String octets(String escaped) {
        return escaped.replace("r", "\r")
                .replace("n", "\n")
                .replace("t", "\t")
                .replace("z", "\0")
                .replace("e", "\u001B")
                .replace("d", "\u007F");
    }

    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                // octets (r = CR, n = LF, t = TAB, z = NUL, e = ESC, d = DEL)|lines, joined by /
                "250 OKrn|250 OK",
                "250 OKn|250 OK",
                "250 OKrrn|250 OK",
                "250 OKrrrn|250 OK",
                "250tOKrn|250 OK",
                "250 OtKrn|250 OtK",
                "250rn|250",
                "250rrn|250",
                "250 rn|250 ",
                "250trn|250 ",
                "250OKrn|250 OK",
                "250zOKrn|250 OK",
                "250 OzKrn|250 O K",
                "250 OrKrn|250 O K",
                "250 e[1mOKdrn|250  [1mOK ",
                "250 \u00C3\u00A9rn|250 \u00C3\u00A9",
                "250-Arn250 Brn|250-A/250 B",
                "250-Arrn250tBrrn|250-A/250 B",
                "250-Arn250rn|250-A/250",
                "220-MXrn521 Norn|521 No",
                "220-MXrn220-MYrn554-Norn554 NOrn|554-No/554 NO",
                "250-Arn251-Brn252 Crn|252-A/252-B/252 C",
                "554-Arn250 Brn|250 B"
            })
    void in_whatever_form_it_comes(String octets, String lines) throws IOException {
        for (int atATime = 1; atATime <= octets.length(); atATime++) {
            assertThat(String.join("/", read(octets(octets), atATime).wireLines()))
                    .isEqualTo(octets(lines));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"rn", "OKrn", "25rn", "25 OKrn", "2500 OKrn", " 250 OKrn", "150 OKrn", "600 OKrn", "2x0 OKrn"})
    void a_line_without_a_code_is_none(String octets) {
        assertThatThrownBy(() -> read(octets(octets))).isInstanceOf(MalformedReplyException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "250 OK", "250-Arn", "250-Arn250 OK"})
    void one_that_is_cut_off_is_none(String octets) {
        assertThatThrownBy(() -> read(octets(octets))).isInstanceOf(EOFException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {4_092, 4_093, 4_100, 100_000, 1_000_000})
    void a_long_line_is_cut(int length) throws IOException {
        Reply reply = read("250 " + "x".repeat(length) + "\r\n");
        assertThat(reply.wireLines()).containsExactly("250 " + "x".repeat(Math.min(length, 4_092)));
    }

    @Test
    void not_in_the_middle_of_a_character() throws IOException {
        Reply reply = read("250 " + "x".repeat(4_091) + "\u00C3\u00A9\r\n");
        assertThat(reply.wireLines()).containsExactly("250 " + "x".repeat(4_091));
    }

    @ParameterizedTest
    @CsvSource({"200, 10", "2000, 10", "60, 4092", "200, 4092"})
    void of_many_lines_the_first_are_kept_and_the_last_counts(int lines, int length) throws IOException {
        String line = "x".repeat(length);
        Reply reply = read(("250-" + line + "\r\n").repeat(lines) + "450 not now\r\n");
        assertThat(reply.code()).isEqualTo(450);
        assertThat(reply.wireLines()).containsExactly("450 not now");

        reply = read(("450-" + line + "\r\n").repeat(lines) + "451 not now\r\n");
        List<String> heard = new ArrayList<>(reply.wireLines());
        assertThat(heard.remove(heard.size() - 1)).isEqualTo("451 not now");
        assertThat(heard).isNotEmpty().allMatch(("451-" + line)::equals);
        assertThat(heard.stream().mapToInt(String::length).sum()).isLessThan(64 * 1024);
    }

    @Test
    void one_without_an_end_is_none() {
        assertThatThrownBy(() -> read("250-and one more\r\n".repeat(100_000)))
                .isInstanceOf(MalformedReplyException.class);
        assertThatThrownBy(() -> read("250 " + "x".repeat(2_000_000))).isInstanceOf(MalformedReplyException.class);
    }
}
