package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The site's list of options is what the program has. */
class OptionsPageTest {

    private static final Path PAGE = Path.of("../src/site/markdown/gateway-options.md");
    private static final Path WRITTEN = Path.of("target/gateway-options.md");

    @Test
    void the_page_of_the_options_is_what_the_program_says() throws IOException {
        String text = new OptionsPage(Gateway.commandLine().getCommandSpec()).text();
        Files.createDirectories(WRITTEN.getParent());
        Files.writeString(WRITTEN, text);

        assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
                .as("the options have changed; in smtpproxy-examples: cp %s %s", WRITTEN, PAGE)
                .isEqualTo(text);
    }
}
