package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A gateway in a process of its own, and what it logs. */
final class RunningGateway implements AutoCloseable {

    private final Process process;
    private final BufferedReader out;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Thread reader;

    private RunningGateway(Process process) {
        this.process = process;
        this.out = process.inputReader(UTF_8);
        this.reader = new Thread(() -> process.errorReader(UTF_8).lines().forEach(log::add), "log of the gateway");
        reader.setDaemon(true);
        reader.start();
    }

    static RunningGateway start(String... options) throws IOException {
        // a JVM does not listen to SIGHUP where what started it ignores that, as nohup does
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=HUP",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Gateway.class.getName()));
        command.addAll(List.of(options));
        ProcessBuilder gateway = new ProcessBuilder(command);
        // with these a JVM writes of them to the log
        gateway.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        return new RunningGateway(gateway.start());
    }

    /** The port of the next of its addresses. */
    int nextPort() throws IOException {
        String line = out.readLine();
        assertThat(line).as("log: %s", log).startsWith("listening on ");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    /** What it has logged so far. */
    List<String> log() {
        return log;
    }

    void signal(String name) throws Exception {
        int status = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
        assertThat(status).isZero();
    }

    /** Its status, when it has ended and its log is complete. */
    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        reader.join();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
