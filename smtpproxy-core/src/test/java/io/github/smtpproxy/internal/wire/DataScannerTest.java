package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each row is scanned whole, and split in two and in three at every index: the split must not change the result. */
class DataScannerTest {

    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                // octets (r = CR, n = LF, z = NUL) | content | rest after the end | bare
                "rn.rn          | rn         | ''   | false",
                ".rn            | ''         | ''   | false",
                "arn.rn         | arn        | ''   | false",
                "arn.rnQUITrn   | arn        | QUITrn | false",
                "arn..rn.rn     | arn..rn    | ''   | false",
                "..rn.rn        | ..rn       | ''   | false",
                "arn.brn.rn     | arn.brn    | ''   | false",
                "an.nbrn.rn     | an.nbrn    | ''   | true",
                "an.rnbrn.rn    | an.rnbrn   | ''   | true",
                "arn.nbrn.rn    | arn.nbrn   | ''   | true",
                "ar.rbrn.rn     | ar.rbrn    | ''   | true",
                "arn.rbrn.rn    | arn.rbrn   | ''   | true",
                "ar.rnbrn.rn    | ar.rnbrn   | ''   | true",
                "arrn.rn        | arrn       | ''   | true",
                "arnn.rnrn.rn   | arnn.rnrn  | ''   | true",
                "n.rnrn.rn      | n.rnrn     | ''   | true",
                "r.rnrn.rn      | r.rnrn     | ''   | true",
                "azbrn.rn       | azbrn      | ''   | false",
                "arn.rrn.rn     | arn.rrn    | ''   | true"
            })
    void the_end_and_bare_line_ends_are_found_however_the_octets_are_cut(
            String octets, String content, String rest, boolean bare) {
        byte[] all = bytes(octets);
        for (int a = 0; a <= all.length; a++) {
            for (int b = a; b <= all.length; b++) {
                Seen seen = read(all, a, b, false);
                assertThat(seen).as("cut at %d and %d", a, b).isEqualTo(new Seen(content, rest, bare));
            }
        }
    }

    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "arn.rn       | arn",
                "anbrn.rn     | arnbrn",
                "arbrn.rn     | arnbrn",
                "an.rnbrn.rn  | arn..rnbrn",
                "an.nbrn.rn   | arn..rnbrn",
                "ar.rbrn.rn   | arn..rnbrn",
                "arn.nbrn.rn  | arn..rnbrn",
                "arn.rbrn.rn  | arn..rnbrn",
                ".nbrn.rn     | ..rnbrn",
                "arn..brn.rn  | arn..brn",
                "arrnbrn.rn   | arnbrn",
                "arrrnbrn.rn  | arnbrn",
                "arrbrn.rn    | arnrnbrn",
                "arrnrrnbrn.rn | arnrnbrn",
                "nrrnbrn.rn   | rnrnbrn",
                "rnrnbrn.rn   | rnrnbrn",
                ".rrnbrn.rn   | ..rnbrn",
                "arn.rrnbrn.rn | arn..rnbrn",
                "arrn..brn.rn | arn..brn",
                "arr.rrnbrn.rn | arnrn..rnbrn",
                "arrn.rn      | arn"
            })
    void normalizing_never_makes_an_end_of_data_that_was_not_sent(String octets, String content) {
        byte[] all = bytes(octets);
        for (int a = 0; a <= all.length; a++) {
            for (int b = a; b <= all.length; b++) {
                assertThat(read(all, a, b, true).content)
                        .as("cut at %d and %d", a, b)
                        .isEqualTo(content);
            }
        }
    }

    @Test
    void a_line_end_is_found_behind_any_octets_and_at_any_distance() {
        for (int octet = 0; octet < 256; octet++) {
            for (int length = 0; length < 20; length++) {
                byte[] line = new byte[length];
                java.util.Arrays.fill(line, (byte) octet);
                if (octet != '\r' && octet != '\n') {
                    String text = new String(line, StandardCharsets.ISO_8859_1);
                    String where = length + " times octet " + octet;
                    assertThat(scanned("a" + text + "\r\n.\r\nQUIT\r\n"))
                            .as(where)
                            .isEqualTo(length + 3);
                    assertThat(scanned("a" + text + "\n.\r\n")).as(where).isEqualTo(-1);
                }
            }
        }
    }

    /** The length of the content, or -1 if octets follow it or a CR or LF is bare. */
    private static int scanned(String octets) {
        byte[] block = octets.getBytes(StandardCharsets.ISO_8859_1);
        DataScanner scanner = new DataScanner();
        scanner.scan(block, 0, block.length);
        return scanner.done() && !scanner.bare() ? scanner.contentEnd() : -1;
    }

    private record Seen(String content, String rest, boolean bare) {}

    private static Seen read(byte[] all, int a, int b, boolean normalize) {
        DataScanner scanner = new DataScanner();
        LineEndNormalizer lineEnds = new LineEndNormalizer(true);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int from = 0;
        for (int to : new int[] {a, b, all.length}) {
            if (!scanner.done()) {
                scanner.scan(all, from, to);
                byte[] passed = normalize
                        ? lineEnds.normalize(all, from, scanner.contentEnd())
                        : java.util.Arrays.copyOfRange(all, from, scanner.contentEnd());
                content.writeBytes(passed);
                from = scanner.next();
            }
        }
        assertThat(scanner.done()).isTrue();
        return new Seen(
                text(content.toByteArray()), text(java.util.Arrays.copyOfRange(all, from, all.length)), scanner.bare());
    }

    private static byte[] bytes(String row) {
        return row.replace('r', '\r').replace('n', '\n').replace('z', '\0').getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1)
                .replace('\r', 'r')
                .replace('\n', 'n')
                .replace('\0', 'z');
    }
}
