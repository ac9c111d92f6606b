package io.github.smtpproxy.testing;

import io.github.smtpproxy.route.Destination;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A destination that takes all there is and keeps nothing but the first lines of the messages that came whole. */
public final class DiscardingDestination implements AutoCloseable {

    private static final int LONGEST_LINE = 2_000;

    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<String> firstLines = ConcurrentHashMap.newKeySet();

    private DiscardingDestination(ServerSocket server) {
        this.server = server;
    }

    public static DiscardingDestination start() {
        try {
            DiscardingDestination started =
                    new DiscardingDestination(new ServerSocket(0, 1_000, InetAddress.getByName("127.0.0.1")));
            run(started::accept);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Destination destination() {
        return Destination.at("127.0.0.1", server.getLocalPort());
    }

    public int openConnections() {
        return open.size();
    }

    /** Whether a message with this first line came whole. */
    public boolean hasTaken(String firstLine) {
        return firstLines.contains(firstLine);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    private static void run(Runnable task) {
        Thread thread = new Thread(task, "discarding");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                run(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            answer(socket, "220 discarding.test");
            String line = line(in);
            while (line != null && !line.startsWith("QUIT")) {
                answer(socket, reply(socket, in, line));
                line = line(in);
            }
            answer(socket, "221 bye");
        } catch (IOException gone) {
            // as hostile clients do
        } finally {
            open.remove(socket);
        }
    }

    private String reply(Socket socket, InputStream in, String line) throws IOException {
        String verb = line.substring(0, Math.min(4, line.length())).toUpperCase(Locale.ROOT);
        switch (verb) {
            case "EHLO":
                return "250-discarding.test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250 SIZE";
            case "DATA":
                answer(socket, "354 go on");
                return message(in) ? "250 2.0.0 Taken" : "451 4.3.0 What?";
            case "BDAT":
                in.skipNBytes(Long.parseLong(line.split(" ")[1]));
                return "250 2.0.0 Taken";
            default:
                return "250 2.0.0 Ok";
        }
    }

    private boolean message(InputStream in) throws IOException {
        String first = line(in);
        for (String line = first; line != null; line = line(in)) {
            if (line.equals(".")) {
                firstLines.add(first.substring(0, Math.min(80, first.length())));
                return true;
            }
        }
        return false;
    }

    private static void answer(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Null at the end; of a long one the beginning. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int last = -1;
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == '\n' && last == '\r') {
                return line.substring(0, line.length() - 1);
            }
            if (line.length() < LONGEST_LINE) {
                line.append((char) octet);
            } else {
                line.setCharAt(LONGEST_LINE - 1, (char) octet);
            }
            last = octet;
        }
        return null;
    }
}
