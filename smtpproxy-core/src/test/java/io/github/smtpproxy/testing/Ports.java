package io.github.smtpproxy.testing;

import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports that no other program of a busy machine takes in the meantime. */
public final class Ports {

    /** Below those that Linux gives to connections by default, from 32,768 on. */
    private static final int FIRST = 20_000;

    private static final int LAST = 32_000;

    /** Bound and never listening: a connection to it is refused, and nobody else gets its number. */
    private static final Socket CLOSED = bound();

    private Ports() {}

    /** Nothing listens there, as long as this JVM runs. */
    public static Destination unreachable() {
        return Destination.at("127.0.0.1", CLOSED.getLocalPort());
    }

    /** For a server that takes a port by its number. */
    public static int free() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (IOException taken) {
                // the next one
            }
        }
    }

    private static Socket bound() {
        Socket socket = new Socket();
        try {
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
