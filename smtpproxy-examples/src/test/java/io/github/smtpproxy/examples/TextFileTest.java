package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {

    @TempDir
    Path dir;

    @Test
    void a_byte_order_mark_is_dropped_where_it_begins_the_file() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "\uFEFFopen sesame\r\n\uFEFFtwo\n");
        assertThat(TextFile.lines(file)).containsExactly("open sesame", "\uFEFFtwo");
    }

    @Test
    void an_empty_one_has_no_lines() throws IOException {
        assertThat(TextFile.lines(Files.writeString(dir.resolve("file"), ""))).isEmpty();
        assertThat(TextFile.lines(Files.writeString(dir.resolve("file"), "\uFEFF")))
                .containsExactly("");
    }
}
