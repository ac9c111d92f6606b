package io.github.smtpproxy.transparent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Three network namespaces in a user namespace, so that any user can have them; see namespaces.sh. */
public final class Namespaces implements AutoCloseable {

    /** A program that runs in one of them, and the lines that it has printed. */
    public static final class Program implements AutoCloseable {

        private final Process process;
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final Thread reader;

        private Program(List<String> command) throws IOException {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            reader = new Thread(this::read, "output of a program");
            reader.start();
        }

        private void read() {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    lines.add(line);
                }
            } catch (IOException ended) {
                lines.add("ended: " + ended);
            }
        }

        List<String> lines() {
            return lines;
        }

        /** Waits for a line that begins so. */
        public String line(String beginning) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !process.isAlive() && !reader.isAlive() || find(beginning) != null);
            String found = find(beginning);
            return found == null ? fail("no line \"%s\" in %s", beginning, lines) : found;
        }

        private String find(String beginning) {
            return lines.stream()
                    .filter(l -> l.startsWith(beginning))
                    .findFirst()
                    .orElse(null);
        }

        /** Waits for its end. */
        List<String> ended() {
            await().atMost(Duration.ofSeconds(90)).until(() -> !process.isAlive() && !reader.isAlive());
            return lines;
        }

        @Override
        public void close() throws IOException {
            // the end of its input ends a proxy
            process.getOutputStream().close();
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
        }
    }

    private final Program holder;
    private final String pid;

    private Namespaces(Program holder, String pid) {
        this.holder = holder;
        this.pid = pid;
    }

    public static Namespaces open() throws IOException {
        Program holder = new Program(
                List.of("unshare", "--user", "--map-root-user", "--net", "--mount", "bash", resource("namespaces.sh")));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> holder.find("ready") != null || !holder.process.isAlive() && !holder.reader.isAlive());
        if (holder.find("ready") == null) {
            String why = "no network namespaces are to be had here: " + holder.lines;
            if ("required".equals(System.getProperty("peers"))) {
                fail(why);
            }
            System.out.println(why);
            abort(why);
        }
        return new Namespaces(holder, holder.find("ready").substring("ready ".length()));
    }

    private static String resource(String name) {
        return Path.of("src/test/resources", name).toAbsolutePath().toString();
    }

    /** Starts a program in a namespace. */
    Program start(String namespace, List<String> command) throws IOException {
        List<String> all = new ArrayList<>(List.of("nsenter", "-t", pid, "-U", "-n", "-m", "--preserve-credentials"));
        all.addAll(List.of("env", "PATH=" + System.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin"));
        all.addAll(List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        return new Program(all);
    }

    /** Runs a program to its end. */
    public List<String> run(String namespace, String... command) throws IOException {
        try (Program program = start(namespace, List.of(command))) {
            List<String> lines = program.ended();
            assertThat(program.process.exitValue())
                    .as("%s printed %s", List.of(command), lines)
                    .isZero();
            return lines;
        }
    }

    /** Starts one of {@link Lab}'s programs, whose command may be wrapped. */
    public Program java(String namespace, List<String> wrap, String... arguments) throws IOException {
        return java(namespace, wrap, System.getProperty("java.class.path"), arguments);
    }

    /** The same with another class path. */
    Program java(String namespace, List<String> wrap, String classPath, String[] arguments) throws IOException {
        List<String> command = new ArrayList<>(wrap);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-Dsmtpproxy.transport=" + System.getProperty("smtpproxy.transport", "plain"),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                Lab.class.getName()));
        command.addAll(List.of(arguments));
        return start(namespace, command);
    }

    @Override
    public void close() throws IOException {
        holder.close();
    }
}
