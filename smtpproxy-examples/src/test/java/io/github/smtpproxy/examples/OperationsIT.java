package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the page about operations tells an administrator to do is done, with the gateway as it is packaged and a Postfix.
 * Where a program is missing it is skipped; with -Dpeers=required it fails.
 */
@Tag("servers")
@Timeout(300)
class OperationsIT {

    private static final List<String> NEEDED =
            List.of("postfix", "swaks", "curl", "openssl", "systemd-analyze", "promtool", "rbldnsd", "python3", "bash");
    private static final List<Path> FOLDERS =
            Stream.of("/usr/bin", "/usr/sbin", "/bin", "/sbin").map(Path::of).toList();

    @TempDir
    Path dir;

    @Test
    void the_gateway_before_a_postfix_is_installed_checked_started_watched_reloaded_and_drained() throws Exception {
        requirePrograms();
        Path printed = dir.resolve("printed");
        ProcessBuilder steps = new ProcessBuilder("bash", "operations/try")
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile());
        steps.environment()
                .put(
                        "JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Process running = steps.start();
        try {
            assertThat(running.waitFor(280, TimeUnit.SECONDS))
                    .as(() -> text(printed))
                    .isTrue();
        } finally {
            running.destroy();
        }
        assertThat(running.exitValue()).as(() -> text(printed)).isZero();
        assertThat(text(printed)).endsWith("== all is well\n");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void requirePrograms() {
        for (String program : NEEDED) {
            boolean there = FOLDERS.stream().anyMatch(folder -> Files.isExecutable(folder.resolve(program)));
            if ("required".equals(System.getProperty("peers"))) {
                assertThat(there).as(program + " is installed").isTrue();
            }
            assumeTrue(there, program + " is not installed");
        }
        assumeTrue("root".equals(System.getProperty("user.name")), "Postfix needs root to start");
    }
}
