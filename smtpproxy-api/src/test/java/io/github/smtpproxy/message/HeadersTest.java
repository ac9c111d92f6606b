package io.github.smtpproxy.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A header section keeps its octets. */
class HeadersTest {

    private static Headers headers(String text) {
        return Headers.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String text(Headers headers) {
        return new String(headers.toBytes(), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A: b\r\n",
                "A : b\r\n c\r\n\td\r\nA:e\r\n",
                "no field\r\n",
                " folded first\r\n",
                "A: b",
                "A: \u00e4\r\n"
            })
    void what_is_parsed_is_said_again(String text) {
        assertThat(text(headers(text))).isEqualTo(text);
    }

    @Test
    void values_are_unfolded_and_names_are_without_case() {
        Headers headers = headers("Subject: one\r\n two\r\nX: 1\r\nx: 2\r\n");
        assertThat(headers.first("SUBJECT")).contains("one two");
        assertThat(headers.all("x")).containsExactly("1", "2");
        assertThat(headers.size()).isEqualTo(3);
        assertThat(text(headers.without("X"))).isEqualTo("Subject: one\r\n two\r\n");
        assertThat(text(headers.prepend("Y", "3"))).startsWith("Y: 3\r\nSubject: one\r\n");
        assertThat(text(headers.insert(1, "Y", "3"))).startsWith("Subject: one\r\n two\r\nY: 3\r\n");
        assertThat(text(headers.insert(99, "Y", "3"))).endsWith("\r\nY: 3\r\n");
    }

    @Test
    void fields_go_by_their_values() {
        Headers headers = headers("X: a\r\nY: a\r\nx: a\r\n b\r\nx : c\r\n");
        assertThat(text(headers.without("X", v -> v.startsWith("a")))).isEqualTo("Y: a\r\nx : c\r\n");
        assertThat(headers.without("X", String::isEmpty)).isSameAs(headers);
    }

    @ParameterizedTest
    @CsvSource({"'', x", "A B, x", "A:, x", "A, 'x\ny'", "A, 'x\ry'"})
    void no_line_end_gets_into_a_field(String name, String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Headers.parse(new byte[0]).prepend(name, value));
    }

    @Test
    void lines_may_end_in_lf_alone() {
        Headers headers = headers("Subject: one\n two\nX: 1\n");
        assertThat(headers.first("subject")).contains("one two");
        assertThat(headers.size()).isEqualTo(2);
        assertThat(text(headers)).isEqualTo("Subject: one\n two\nX: 1\n");
    }

    @Test
    void what_is_not_changed_is_the_same() {
        Headers headers = headers("Subject: one\r\n");
        assertThat(headers.without("X")).isSameAs(headers);
    }

    @Test
    void what_was_parsed_is_a_copy() {
        byte[] bytes = "A: b\r\n".getBytes(StandardCharsets.ISO_8859_1);
        Headers headers = Headers.parse(bytes);
        bytes[0] = 'X';
        assertThat(headers.first("A")).contains("b");
    }

    /** Minutes where each line is put together with those before it. */
    @Test
    void a_field_of_very_many_lines_is_read_in_one_go() {
        Headers headers = headers("A: b\r\n" + " c\r\n".repeat(1_000_000));
        assertThat(headers.size()).isEqualTo(1);
        assertThat(headers.first("A").orElseThrow()).startsWith("b c c c");
    }

    @Test
    void a_field_is_replaced_at_the_place_of_the_first() {
        Headers headers = Headers.parse("A: 1\r\nB: 2\r\nC: 3\r\nb: 4\r\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(text(headers.replace("B", "5"))).isEqualTo("A: 1\r\nB: 5\r\nC: 3\r\n");
        assertThat(text(headers.replace("D", "6"))).isEqualTo("A: 1\r\nB: 2\r\nC: 3\r\nb: 4\r\nD: 6\r\n");
    }

    @Test
    void one_of_several_fields_is_replaced_at_its_place() {
        Headers headers = headers("A: 1\r\nB: 2\r\na: 3\r\n");
        assertThat(text(headers.replace("A", 2, "4"))).isEqualTo("A: 1\r\nB: 2\r\nA: 4\r\n");
        assertThat(text(headers.replace("a", 1, "4"))).isEqualTo("a: 4\r\nB: 2\r\na: 3\r\n");
        assertThat(text(headers.replace("A", 3, "4"))).isEqualTo("A: 1\r\nB: 2\r\na: 3\r\nA: 4\r\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> headers.replace("A", 0, "4"))
                .withMessage("nth must be at least 1, was 0");
    }

    @Test
    void each_field_is_given_with_its_unfolded_value() {
        List<String> fields = new ArrayList<>();
        headers("A: 1\r\n 2\r\nno field\r\na:3\r\n").forEach((name, value) -> fields.add(name + "=" + value));
        assertThat(fields).containsExactly("A=1 2", "a=3");
    }

    @Test
    void a_new_field_does_not_become_part_of_an_open_line() {
        Headers headers = Headers.parse("A: 1\r\nB: 2".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(text(headers.replace("C", "3"))).isEqualTo("A: 1\r\nC: 3\r\nB: 2");
        assertThat(text(headers.replace("B", "3"))).isEqualTo("A: 1\r\nB: 3\r\n");
    }

    @Test
    void names_are_listed_in_order() {
        Headers headers = Headers.parse("A: 1\r\nno field\r\nb:2\r\nA: 3\r\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(headers.names()).containsExactly("A", "b", "A");
    }
}
