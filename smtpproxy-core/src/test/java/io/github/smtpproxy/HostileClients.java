package io.github.smtpproxy;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that send what no good client would, as fast as they can, until they are told to leave. */
final class HostileClients implements AutoCloseable {

    private static final int CONNECT_MILLIS = 10_000;
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final String DATA = "EHLO h\r\nMAIL FROM:<a@h.test>\r\nRCPT TO:<b@h.test>\r\nDATA\r\n";
    private static final String CHUNKS = "EHLO h\r\nMAIL FROM:<a@h.test>\r\nRCPT TO:<b@h.test>\r\n";

    /** What one connection sends, and how many of them are held open at the same time when all is said. */
    private enum Kind {
        SHORT_HEADERS(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA).repeat("a:\r\n", 8 * MIB);
            }
        },
        SHORT_HEADERS_HELD(60) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA).repeat("a:\r\n", 250 * KIB);
            }
        },
        FOLDED_HEADER(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: x\r\n").repeat(" y\r\n", 8 * MIB);
            }
        },
        FOLDED_HEADERS_HELD(60) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: x\r\n").repeat(" y\r\n", 250 * KIB);
            }
        },
        LONG_HEADER(20) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: ").repeat("x", 4 * MIB);
            }
        },
        HEADERS_IN_CHUNKS(40) {
            @Override
            void send(Sender to) throws IOException {
                to.say(CHUNKS + "BDAT 1000000\r\n").repeat("a:\r\n", 1_000_000);
            }
        },
        MANY_SMALL_CHUNKS(20) {
            @Override
            void send(Sender to) throws IOException {
                to.say(CHUNKS).repeat("BDAT 3\r\na\r\n", MIB);
            }
        },
        HUGE_BODY(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: x\r\n\r\n").repeat("..one more line\r\n", 16 * MIB);
            }
        },
        BODIES_HELD(100) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: x\r\n\r\n").repeat("one more line\r\n", 100 * KIB);
            }
        },
        BODIES_WHOLE(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA + "Subject: x\r\n\r\n")
                        .repeat("x\r\n", 2 * MIB)
                        .say(".\r\n")
                        .repeat("NOOP\r\n", KIB);
            }
        },
        HUGE_CHUNK(20) {
            @Override
            void send(Sender to) throws IOException {
                to.say(CHUNKS + "BDAT 2000000000 LAST\r\nSubject: x\r\n\r\n").repeat("x", 4 * MIB);
            }
        },
        SILENT(100) {
            @Override
            void send(Sender to) {
                // not a word
            }
        },
        SILENT_AFTER_EHLO(60) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\n");
            }
        },
        LONG_COMMAND(40) {
            @Override
            void send(Sender to) throws IOException {
                to.repeat("x", MIB);
            }
        },
        LONG_AUTH(40) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\nAUTH PLAIN ").repeat("x", 12_000);
            }
        },
        JUNK(0) {
            @Override
            void send(Sender to) throws IOException {
                to.junk(256 * KIB);
            }
        },
        JUNK_IN_MESSAGE(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say(DATA).junk(MIB);
            }
        },
        REPLIES_NEVER_READ(40) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\n").repeat("HELP\r\n", MIB);
            }
        },
        RECIPIENTS(20) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\nMAIL FROM:<a@h.test>\r\n")
                        .repeat("RCPT TO:<" + "r".repeat(900) + "@h.test>\r\n", 2 * MIB);
            }
        },
        TLS_GARBAGE(20) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\nSTARTTLS\r\n").junk(64 * KIB);
            }
        },
        TLS_HELD(60) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\nSTARTTLS\r\n").hello();
            }
        },
        GONE_AT_ONCE(0) {
            @Override
            void send(Sender to) throws IOException {
                to.say("EHLO h\r\n");
            }
        };

        private final int held;

        Kind(int held) {
            this.held = held;
        }

        abstract void send(Sender to) throws IOException;
    }

    private final InetSocketAddress proxy;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch leaving = new CountDownLatch(1);
    private final AtomicLong connections = new AtomicLong();

    private HostileClients(InetSocketAddress proxy) {
        this.proxy = proxy;
    }

    static HostileClients start(InetSocketAddress proxy) {
        HostileClients clients = new HostileClients(proxy);
        for (Kind kind : Kind.values()) {
            Thread thread = new Thread(() -> clients.attack(kind), "hostile-" + kind);
            thread.setDaemon(true);
            clients.threads.add(thread);
            thread.start();
        }
        return clients;
    }

    /** Connections so far. */
    long connections() {
        return connections.get();
    }

    /** All leave: most without having been heard out. */
    @Override
    public void close() {
        leaving.countDown();
        await().until(() -> {
            open.forEach(HostileClients::reset);
            return threads.stream().noneMatch(Thread::isAlive);
        });
        open.forEach(HostileClients::reset);
    }

    private void attack(Kind kind) {
        Deque<Socket> held = new ArrayDeque<>();
        while (leaving.getCount() > 0) {
            held.add(sent(kind));
            if (held.size() > kind.held) {
                reset(held.remove());
            }
            pauseWhere(kind.held > 0 && held.size() == kind.held);
        }
    }

    /** Those that hold much hold it for a while. */
    private void pauseWhere(boolean full) {
        if (full) {
            try {
                leaving.await(50, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Socket sent(Kind kind) {
        Socket socket = new Socket();
        open.add(socket);
        try {
            socket.connect(proxy, CONNECT_MILLIS);
            connections.incrementAndGet();
            socket.setSoTimeout(CONNECT_MILLIS);
            kind.send(new Sender(socket, leaving));
        } catch (IOException refused) {
            reset(socket);
        }
        return socket;
    }

    private static void reset(Socket socket) {
        try {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException closedAnyway) {
            // as was meant
        }
    }

    /** What is sent to the proxy. A write waits as long as it takes nothing; leaving ends that. */
    private static final class Sender {
        private static final Random RANDOM = new Random(1);
        private final OutputStream out;
        private final CountDownLatch leaving;

        Sender(Socket socket, CountDownLatch leaving) throws IOException {
            this.out = socket.getOutputStream();
            this.leaving = leaving;
        }

        Sender say(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        Sender repeat(String text, int octets) throws IOException {
            byte[] block = text.repeat(1 + 8 * KIB / text.length()).getBytes(StandardCharsets.US_ASCII);
            for (int left = octets; left > 0 && leaving.getCount() > 0; left -= block.length) {
                out.write(block, 0, Math.min(left, block.length));
            }
            return this;
        }

        Sender junk(int octets) throws IOException {
            byte[] block = new byte[8 * KIB];
            for (int left = octets; left > 0 && leaving.getCount() > 0; left -= block.length) {
                RANDOM.nextBytes(block);
                out.write(block);
            }
            return this;
        }

        /** The beginning of a ClientHello whose end never comes. */
        void hello() throws IOException {
            out.write(new byte[] {22, 3, 1, 60, 0, 1, 0, 59, (byte) 252, 3, 3});
        }
    }
}
