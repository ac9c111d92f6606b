package io.github.smtpproxy.testing;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Clients that keep a server busy and want nothing of it. They are in a JVM of their own, which has files of its own, and on
 * one thread. A client whose connection ended comes again with the next pause, until {@link #comesNoMore}.
 */
public final class Flood implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Process process;
    private volatile int present;
    private volatile int ended;

    /** What a client does once it is connected. */
    public enum Manner {
        /** It sends how it begins, then an octet with each pause. */
        FEEDS,
        /** It says nothing. */
        IS_SILENT,
        /** It closes the connection. */
        LEAVES
    }

    private Flood(Process process) {
        this.process = process;
        LoopbackServer.thread(this::listen);
    }

    /**
     * Starts one, and waits until each of its clients is connected, or has been.
     *
     * @param begin what those who feed send at first
     */
    public static Flood of(int clients, Manner manner, String begin, Duration pause, InetSocketAddress server) {
        try {
            Flood flood = new Flood(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Flood.class.getName(),
                            Integer.toString(clients),
                            manner.name(),
                            begin,
                            Long.toString(pause.toMillis()),
                            server.getHostString(),
                            Integer.toString(server.getPort()))
                    .redirectError(Redirect.INHERIT)
                    .start());
            await().atMost(PATIENCE).until(() -> flood.present + flood.ended >= clients);
            return flood;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many connections have ended, whoever ended them. */
    public int ended() {
        return ended;
    }

    /** Those who are connected go on, but nobody comes again. */
    public void comesNoMore() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void listen() {
        try (BufferedReader told =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                String[] numbers = line.split(" ");
                present = Integer.parseInt(numbers[0]);
                ended = Integer.parseInt(numbers[1]);
            }
        } catch (IOException closed) {
            // the end of the flood
        }
    }

    /** The other JVM. */
    public static void main(String[] arguments) throws IOException {
        Clients clients = new Clients(arguments);
        LoopbackServer.thread(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            clients.last = true;
        });
        clients.run();
    }

    /** In the other JVM. */
    private static final class Clients {
        private final Selector selector = Selector.open();
        private final SelectionKey[] keys;
        private final Manner manner;
        private final byte[] begin;
        private final long pauseNanos;
        private final InetSocketAddress server;
        private final ByteBuffer heard = ByteBuffer.allocate(4_096);
        private volatile boolean last;
        private int present;
        private int ended;

        Clients(String[] arguments) throws IOException {
            keys = new SelectionKey[Integer.parseInt(arguments[0])];
            manner = Manner.valueOf(arguments[1]);
            begin = arguments[2].getBytes(StandardCharsets.ISO_8859_1);
            pauseNanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[3]));
            server = new InetSocketAddress(arguments[4], Integer.parseInt(arguments[5]));
        }

        void run() throws IOException {
            long next = System.nanoTime();
            while (true) {
                long left = next - System.nanoTime();
                if (left > 0) {
                    selector.select(this::goOn, TimeUnit.NANOSECONDS.toMillis(left) + 1);
                } else {
                    next += pauseNanos;
                    pause();
                }
                System.out.println(present + " " + ended);
            }
        }

        /** Those who are there feed, and the others come. */
        private void pause() throws IOException {
            for (int i = 0; i < keys.length; i++) {
                SelectionKey key = keys[i];
                if (key != null && key.isValid()) {
                    feed(key);
                } else if (!last) {
                    SocketChannel client = SocketChannel.open();
                    client.configureBlocking(false);
                    keys[i] = client.register(selector, SelectionKey.OP_CONNECT);
                    client.connect(server);
                }
            }
        }

        private void feed(SelectionKey key) {
            if (manner == Manner.FEEDS && key.interestOps() == SelectionKey.OP_READ) {
                try {
                    ((SocketChannel) key.channel()).write(ByteBuffer.wrap(new byte[] {'x'}));
                } catch (IOException gone) {
                    end(key);
                }
            }
        }

        private void goOn(SelectionKey key) {
            SocketChannel client = (SocketChannel) key.channel();
            try {
                if (key.isConnectable()) {
                    client.finishConnect();
                    present++;
                    key.interestOps(SelectionKey.OP_READ);
                    client.write(ByteBuffer.wrap(begin));
                }
                if (manner == Manner.LEAVES || client.read(heard.clear()) < 0) {
                    end(key);
                }
            } catch (IOException gone) {
                end(key);
            }
        }

        private void end(SelectionKey key) {
            if (key.interestOps() == SelectionKey.OP_READ) {
                present--;
                ended++;
            }
            try {
                key.channel().close();
            } catch (IOException closedAnyway) {
                // it is of no further use
            }
        }
    }
}
