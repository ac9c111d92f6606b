package io.github.smtpproxy.peers;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import redis.embedded.core.ExecutableProvider;

/** A Redis that keeps nothing on disk: the system's, else one that a jar brings along. It can be killed and revived. */
final class RedisServer implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/bin/redis-server");

    private final int port = Ports.free();
    private final String password;
    private Daemon daemon;

    private RedisServer(String password) {
        this.password = password;
        revive();
    }

    static RedisServer start() {
        return new RedisServer("");
    }

    /** One that asks for a password. */
    static RedisServer start(String password) {
        return new RedisServer(password);
    }

    String uri() {
        return "redis://" + (password.isEmpty() ? "" : ":" + password + "@") + "127.0.0.1:" + port;
    }

    void kill() {
        daemon.signal("KILL");
        daemon.close();
    }

    /** Starts it, empty. */
    void revive() {
        Path folder = Daemon.folder("redis");
        Path configuration = folder.resolve("redis.conf");
        Daemon.write(
                configuration,
                "bind 127.0.0.1\nport " + port + "\nsave \"\"\nappendonly no\ndir " + folder + "\n"
                        + (password.isEmpty() ? "" : "requirepass " + password + "\n"));
        daemon = Daemon.start(folder, this::answers, program(folder), configuration.toString());
    }

    /** It keeps its connections, and answers nothing. */
    void stall() {
        daemon.signal("STOP");
    }

    void goOn() {
        daemon.signal("CONT");
    }

    private static String program(Path folder) {
        boolean installed = Files.isExecutable(PROGRAM);
        if (installed || "required".equals(System.getProperty("peers"))) {
            assertThat(installed).as(PROGRAM + " is installed").isTrue();
            return PROGRAM.toString();
        }
        try {
            return ExecutableProvider.newJarResourceProvider(folder.toFile())
                    .get()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(5), US_ASCII);
            return answer.equals("+PONG") || answer.equals("-NOAU");
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() {
        daemon.close();
    }
}
