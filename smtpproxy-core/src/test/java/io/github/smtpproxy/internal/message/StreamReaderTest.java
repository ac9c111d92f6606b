package io.github.smtpproxy.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A message that comes from a stream, without dot-stuffing. */
class StreamReaderTest {

    private static final Arrivals FREELY = octets -> Optional.empty();

    private static StreamReader reader(String text, BareNewlines policy, Arrivals pace) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return new StreamReader(
                new ByteArrayInputStream(octets), Progress.within(Duration.ofSeconds(10)), pace, policy);
    }

    /** All blocks, each with the end of data where that stands behind it. */
    private static String framed(MessageReader reader) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (reader.next()) {
            Block block = reader.block();
            all.write(block.bytes(), block.from(), block.end() - block.from());
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({
        "'', .|",
        "hello|, hello|.|",
        "hello, hello|.|",
        ".|, ..|.|",
        "a|.b|..c|, a|..b|...c|.|",
        "a|.|b|, a|..|b|.|"
    })
    void dots_that_begin_a_line_are_doubled_and_the_end_of_data_follows(String text, String framed) throws IOException {
        StreamReader reader = reader(text.replace("|", "\r\n"), BareNewlines.REJECT, FREELY);
        assertThat(framed(reader)).isEqualTo(framed.replace("|", "\r\n"));
        assertThat(reader.isComplete()).isTrue();
        assertThat(reader.octets()).isEqualTo(text.replace("|", "\r\n").length());
    }

    @Test
    void a_long_message_comes_in_blocks() throws IOException {
        String text = "0123456\r\n".repeat(10_000);
        assertThat(framed(reader(text, BareNewlines.REJECT, FREELY))).isEqualTo(text + ".\r\n");
    }

    @ParameterizedTest
    @CsvSource({"'a\nb\r\n'", "'a\rb\r\n'", "'a\r\nb\r'"})
    void a_bare_line_end_is_refused_normalized_or_passed(String text) throws IOException {
        StreamReader rejecting = reader(text, BareNewlines.REJECT, FREELY);
        framed(rejecting);
        assertThat(rejecting.refusal()).contains(Replies.BARE_MESSAGE);
        assertThat(framed(reader(text, BareNewlines.NORMALIZE, FREELY))).isEqualTo("a\r\nb\r\n.\r\n");
        assertThat(framed(reader(text, BareNewlines.PASS, FREELY)))
                .startsWith(text)
                .endsWith("\r\n.\r\n");
    }

    @Test
    void what_is_over_the_limit_is_refused_and_swallowed() throws IOException {
        StreamReader reader = reader("x".repeat(100_000), BareNewlines.REJECT, FREELY);
        reader.limit(50_000);
        assertThat(framed(reader)).hasSizeLessThanOrEqualTo(50_000);
        assertThat(reader.refusal()).contains(Replies.TOO_BIG);
        reader.swallow(Replies.TOO_BIG);
        assertThat(reader.isComplete()).isTrue();
    }

    @Test
    void a_throttle_refuses() throws IOException {
        Reply later = Reply.defer("4.7.0", "Later");
        StreamReader reader = reader("x".repeat(100_000), BareNewlines.REJECT, octets -> Optional.of(later));
        assertThat(framed(reader)).isEmpty();
        assertThat(reader.refusal()).contains(later);
    }
}
