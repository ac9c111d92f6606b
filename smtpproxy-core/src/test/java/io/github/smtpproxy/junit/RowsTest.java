package io.github.smtpproxy.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Transcript.Lane;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The record of a test that is longer than what is kept. */
class RowsTest {

    private static final int MOST = 5_000;

    @Test
    void the_end_is_kept_and_so_is_how_much_came_before() {
        Rows rows = new Rows();
        IntStream.range(0, MOST + 7).forEach(i -> rows.line("s1", Lane.CLIENT, false, "line " + i));
        assertThat(rows.text().lines())
                .hasSize(MOST + 1)
                .startsWith("7 lines more, and then", "s1  -> line 7")
                .endsWith("s1  -> line " + (MOST + 6));
        rows.clear();
        rows.line("s2", Lane.DESTINATION, true, "EHLO proxy.test");
        assertThat(rows.text())
                .startsWith("s2  ")
                .endsWith("-> EHLO proxy.test\n")
                .doesNotContain("more");
    }
}
