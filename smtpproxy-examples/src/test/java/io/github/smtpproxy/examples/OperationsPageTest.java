package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page about operations shows the files that are installed and tried, not copies that grow old. */
class OperationsPageTest {

    private static final Path PAGE = Path.of("../src/site/markdown/operations.md");

    @ParameterizedTest
    @ValueSource(strings = {"gateway.conf", "prometheus.yml", "smtpproxy-gateway.service"})
    void what_the_page_shows_is_the_file_itself(String name) throws IOException {
        String file = Files.readString(Path.of("operations", name));
        String shown = file.lines().dropWhile(line -> line.startsWith("#")).collect(Collectors.joining("\n"));

        assertThat(Files.readString(PAGE)).contains("\n" + shown.strip() + "\n```");
    }
}
