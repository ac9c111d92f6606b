package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A HAProxy on a free port that hands connections on to another port, and says in a PROXY header whose they are. */
final class HaProxy implements AutoCloseable {

    private static final String PROGRAM = "/usr/sbin/haproxy";

    private static final String CONFIGURATION = """
        defaults
            mode tcp
            timeout connect 10s
            timeout client 60s
            timeout server 60s
        listen smtp
            bind 127.0.0.1:%d %s
            server next 127.0.0.1:%d %s
        """;

    private final Path configuration;
    private final Process process;
    private final int port;

    private HaProxy(Path configuration, Process process, int port) {
        this.configuration = configuration;
        this.process = process;
        this.port = port;
    }

    static void require() {
        Peer.require(PROGRAM);
    }

    /** @param header send-proxy or send-proxy-v2 */
    static HaProxy before(int next, String header) {
        return start("", next, header);
    }

    /** TLS ends at it. */
    static HaProxy endingTlsBefore(int next, Certificate certificate) {
        try {
            Path both = Files.createTempFile("haproxy", ".pem");
            both.toFile().deleteOnExit();
            Files.writeString(both, Files.readString(certificate.chain()) + Files.readString(certificate.key()));
            return start("ssl crt " + both, next, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HaProxy start(String listening, int next, String header) {
        try {
            int port = Ports.free();
            Path configuration = Files.writeString(
                    Files.createTempFile("haproxy", ".cfg"), CONFIGURATION.formatted(port, listening, next, header));
            Process process = new ProcessBuilder(PROGRAM, "-db", "-f", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            HaProxy started = new HaProxy(configuration, process, port);
            await().until(() -> PostfixServer.answers(port));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("HAProxy ended")
                    .isTrue();
            Files.delete(configuration);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
