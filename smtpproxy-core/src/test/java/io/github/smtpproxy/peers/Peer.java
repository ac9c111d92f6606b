package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Programs of others that a test talks to. Where one is missing the test is skipped; with -Dpeers=required it fails. */
public final class Peer {

    private Peer() {}

    /** What a program printed, and its exit status. */
    public record Run(int status, String output) {}

    /** The path of what is not installed but unpacked, in a folder of its own. */
    public static String unpacked(String path) {
        return Optional.ofNullable(System.getenv("SMTPPROXY_PEERS")).orElse("/opt/smtpproxy-peers") + "/" + path;
    }

    public static void require(String... programs) {
        for (String program : programs) {
            require(program, Files.isExecutable(Path.of(program)));
        }
        assumeTrue("root".equals(System.getProperty("user.name")), "a mail server needs root to start");
    }

    /** The same for what is no program, such as a library. */
    static void requireFile(String path) {
        require(path, Files.isReadable(Path.of(path)));
    }

    private static void require(String what, boolean there) {
        if ("required".equals(System.getProperty("peers"))) {
            assertThat(there).as(what + " is installed").isTrue();
        }
        assumeTrue(there, what + " is not installed");
    }

    public static Run run(String input, String... command) {
        try {
            Path in = Files.writeString(Files.createTempFile("peer", ".in"), input, StandardCharsets.ISO_8859_1);
            Path out = Files.createTempFile("peer", ".out");
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .start();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            String output = Files.readString(out, StandardCharsets.ISO_8859_1);
            Files.delete(in);
            Files.delete(out);
            assertThat(ended).as("%s ended; it printed %s", command[0], output).isTrue();
            return new Run(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
