package io.github.smtpproxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A program of somebody else, in a JVM of its own, with the jars that Maven gives it for a dependency on
 * {@code smtpproxy-core}: ours and those that they need, none of the tests'. A logger is added, to read what is logged.
 */
class ModulePathIT {

    private static final Path SOURCE = Path.of("src/test/java/org/example/relay/Relay.java");
    private static final String MAIN = "org.example.relay.Relay";
    private static final String JARS = System.getProperty("runtime.path");

    @TempDir
    private Path folder;

    private Path classes;

    @BeforeEach
    void compile() throws IOException {
        classes = folder.resolve("org.example.relay");
        Path descriptor = Files.writeString(
                folder.resolve("module-info.java"), "module org.example.relay { requires io.github.smtpproxy.core; }");
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-Xlint:all",
                        "-Werror",
                        "--module-path",
                        JARS,
                        "-d",
                        classes.toString(),
                        descriptor.toString(),
                        SOURCE.toString());
        assertThat(failed).as("errors of the compiler").isZero();
    }

    @Test
    void a_dependency_brings_subetha_and_slf4j_and_no_other_library_that_runs() {
        assertThat(JARS.split(File.pathSeparator))
                .extracting(jar -> new File(jar).getName().replaceFirst("-\\d.*", ""))
                .containsExactlyInAnyOrder(
                        "smtpproxy-core", "smtpproxy-api", "jspecify", "subethasmtp", "guava-mini", "slf4j-api");
    }

    @ParameterizedTest
    @ValueSource(strings = {"module", "class"})
    void a_program_relays_from_either_path(String kind) throws Exception {
        List<String> command = kind.equals("module") ? onModulePath() : onClassPath();
        assertThat(logOfRelaying(command)).contains("transport: ");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void the_log_names_the_flag_with_our_module_in_it() throws Exception {
        assertThat(logOfRelaying(onModulePath()))
                .contains("transport: plain, no event loops: ")
                .contains("start the JVM with --add-opens java.base/java.lang=io.github.smtpproxy.core");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void with_the_flags_that_the_log_names_event_loops_relay() throws Exception {
        String log = logOfRelaying(onModulePath(
                "--add-opens=java.base/java.lang=io.github.smtpproxy.core",
                "--add-opens=java.base/sun.nio.ch=io.github.smtpproxy.core",
                "--enable-native-access=io.github.smtpproxy.core"));
        assertThat(log).contains(" event loops, this JVM allows them").doesNotContain("--add-opens", "--enable-native");
    }

    private List<String> onModulePath(String... flags) {
        List<String> command = new ArrayList<>(List.of(flags));
        command.addAll(List.of("--module-path", pathWith(classes), "-m", "org.example.relay/" + MAIN));
        return command;
    }

    private List<String> onClassPath() {
        return List.of("-cp", pathWith(classes), MAIN);
    }

    private static String pathWith(Path classes) {
        Stream<String> logger = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(jar -> new File(jar).getName().startsWith("logback-"));
        return Stream.concat(Stream.of(classes.toString(), JARS), logger)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Runs the program, relays a message through it and ends it. */
    private static String logOfRelaying(List<String> arguments) throws Exception {
        try (ScriptedDestination destination = ScriptedDestination.start()) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString()));
            command.addAll(arguments);
            command.add(Integer.toString(destination.destination().port()));
            Process program =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try (BufferedReader output = program.inputReader(UTF_8)) {
                StringBuilder log = new StringBuilder();
                relay(portIn(output, log));
                assertThat(destination.messages()).singleElement().asString().endsWith("Subject: one\r\n\r\nHello\r\n");
                program.getOutputStream().close();
                output.lines().forEach(line -> log.append(line).append('\n'));
                assertThat(program.waitFor()).as("exit status after %s", log).isZero();
                return log.toString();
            } finally {
                program.destroyForcibly();
            }
        }
    }

    private static int portIn(BufferedReader output, StringBuilder log) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("port ")) {
                return Integer.parseInt(line.substring("port ".length()));
            }
            log.append(line).append('\n');
        }
        throw new AssertionError("it does not listen: " + log);
    }

    private static void relay(int port) {
        try (Dialogue client = Dialogue.with(new InetSocketAddress("127.0.0.1", port))) {
            client.greets().envelope().says("DATA").hears("354");
            client.sends("Subject: one\r\n\r\nHello\r\n.\r\n").hears("250");
            client.says("QUIT").hears("221");
        }
    }
}
