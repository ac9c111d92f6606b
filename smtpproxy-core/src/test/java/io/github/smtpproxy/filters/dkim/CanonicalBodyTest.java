package io.github.smtpproxy.filters.dkim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.message.Content;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The canonical form of a body does not depend on the blocks in which it comes. */
class CanonicalBodyTest {

    private static final String[] PIECES = {
        "\r\n",
        "\r\n",
        "\r\n\r\n",
        " ",
        "\t",
        "  ",
        " \t ",
        "a",
        "word",
        ".",
        "..",
        "\u00e9\u00ff",
        "\u0001",
        "\u007f",
        "a line of more than eight octets",
        "x".repeat(300),
        "one two three four five six",
        " \r\n",
        "\t\r\n",
        "=20\r\n"
    };

    /** What RFC 6376 §3.4.3 and §3.4.4 say, in another way: on the whole body at once. */
    private static byte[] expected(Canonicalization kind, String body) {
        String text = body;
        if (kind == Canonicalization.RELAXED) {
            text = text.replaceAll("[ \t]+(?=\r\n|\\z)", "").replaceAll("[ \t]+", " ");
        }
        text = text.replaceAll("(\r\n)+\\z", "");
        boolean nothing = text.isEmpty() && kind == Canonicalization.RELAXED;
        return (text + (nothing ? "" : "\r\n")).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] hash(Canonicalization kind, byte[] body, Random blocks) {
        BodyDigest digest = new BodyDigest(Long.MAX_VALUE);
        CanonicalBody canonical = new CanonicalBody(kind, digest);
        for (int from = 0; from < body.length; ) {
            int to = Math.min(body.length, from + 1 + blocks.nextInt(40));
            canonical.update(body, from, to);
            from = to;
        }
        canonical.finish();
        return digest.finish();
    }

    @ParameterizedTest
    @EnumSource
    void any_body_in_any_blocks(Canonicalization kind) {
        Random random = new Random(6376);
        for (int round = 0; round < 4_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(30); i > 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            assertThat(hash(kind, body, random))
                    .as("round %s, body %s", round, text)
                    .isEqualTo(BodyDigest.sha256().digest(expected(kind, text.toString())));
        }
    }

    @ParameterizedTest
    @EnumSource
    void octets_of_any_kind(Canonicalization kind) {
        Random random = new Random(3030);
        String often = "\r\n \tab";
        for (int round = 0; round < 4_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                text.append(random.nextInt(4) > 0 ? often.charAt(random.nextInt(6)) : (char) random.nextInt(256));
            }
            byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            assertThat(hash(kind, body, random))
                    .as("round %s, body %s", round, Arrays.toString(body))
                    .isEqualTo(BodyDigest.sha256().digest(expected(kind, text.toString())));
        }
    }

    /** The examples of RFC 6376 §3.4.5 and of its §3.4.3 and §3.4.4 on empty bodies. */
    @ParameterizedTest
    @CsvSource({
        "RELAXED, ' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'",
        "SIMPLE, ' C \r\nD \t E\r\n\r\n\r\n', ' C \r\nD \t E\r\n'",
        "RELAXED, '', ''",
        "SIMPLE, '', '\r\n'",
        "RELAXED, '\r\n', ''",
        "SIMPLE, '\r\n\r\n', '\r\n'",
        "RELAXED, ' \t\r\n \r\n', ''",
        "RELAXED, 'a', 'a\r\n'",
        "SIMPLE, 'a', 'a\r\n'",
        "RELAXED, 'a  ', 'a\r\n'",
        "SIMPLE, 'a  ', 'a  \r\n'",
    })
    void examples(Canonicalization kind, String body, String canonical) {
        byte[] octets = body.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(hash(kind, octets, new Random(1)))
                .isEqualTo(BodyDigest.sha256().digest(canonical.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb\r\n", "\n", "a\rb", "a\r\r\n", "a\r", "a \r b\r\n"})
    void bare_line_ends_are_noticed(String body) {
        for (int seed = 0; seed < 20; seed++) {
            CanonicalBody canonical = new CanonicalBody(Canonicalization.RELAXED, new BodyDigest(Long.MAX_VALUE));
            byte[] octets = body.getBytes(StandardCharsets.ISO_8859_1);
            int half = seed % (octets.length + 1);
            canonical.update(octets, 0, half);
            canonical.update(octets, half, octets.length);
            canonical.finish();
            assertThat(canonical.isBare()).as(body).isTrue();
        }
    }

    @Test
    void a_body_with_whole_line_ends_is_not_bare() {
        BodyHash hash = BodyHash.relaxed(Content.of("a\r\n\r\n b \r\n".getBytes(StandardCharsets.ISO_8859_1)));
        assertThat(hash.isBare()).isFalse();
    }

    @Test
    void only_the_first_octets_count_where_there_is_a_limit() {
        for (int limit = 0; limit < 700; limit += 7) {
            BodyHash hash = new BodyHash(Canonicalization.SIMPLE, limit);
            byte[] body = ("y".repeat(90) + "\r\n").repeat(7).getBytes(StandardCharsets.ISO_8859_1);
            BodyHash.compute(List.of(hash), Content.of(body));
            assertThat(hash.hash())
                    .isEqualTo(BodyDigest.sha256().digest(Arrays.copyOf(body, Math.min(limit, body.length))));
            assertThat(hash.octets()).isEqualTo(body.length);
        }
    }

    @Test
    void several_hashes_take_one_pass() {
        int[] opened = {0};
        byte[] body = "a  b\r\n".getBytes(StandardCharsets.ISO_8859_1);
        Content content = () -> {
            opened[0]++;
            InputStream in = new ByteArrayInputStream(body);
            return in;
        };
        BodyHashes hashes = new BodyHashes();
        BodyHash simple = hashes.want(Canonicalization.SIMPLE, Long.MAX_VALUE);
        BodyHash relaxed = hashes.want(Canonicalization.RELAXED, Long.MAX_VALUE);
        assertThat(hashes.want(Canonicalization.SIMPLE, Long.MAX_VALUE)).isSameAs(simple);
        hashes.compute(content);
        assertThat(opened).containsExactly(1);
        assertThat(simple.hash()).isNotEqualTo(relaxed.hash());
    }
}
