package io.github.smtpproxy.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clients that send one message after the other, by DATA and by BDAT, each with a token and each once, until they are stopped. */
final class TokenClients {

    private static final Pattern TOKEN = Pattern.compile("token=(\\d+);");
    private static final int SESSION = 3;

    /** What a client was told of its message. */
    enum Fate {
        ACCEPTED,
        /** Nothing of it may be delivered. */
        REFUSED,
        /** The end of its data was sent, and no reply came, or one that says that the destination gave none. */
        UNKNOWN
    }

    private final InetSocketAddress proxy;
    private final AtomicInteger tokens = new AtomicInteger();
    private final Map<Integer, Fate> fates = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    private TokenClients(InetSocketAddress proxy) {
        this.proxy = proxy;
    }

    static TokenClients start(InetSocketAddress proxy, int count) {
        TokenClients clients = new TokenClients(proxy);
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(clients::run, "client-" + i);
            clients.threads.add(thread);
            thread.start();
        }
        return clients;
    }

    /** Waits until each has ended its session. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    Map<Integer, Fate> fates() {
        return fates;
    }

    static int tokenIn(String message) {
        Matcher token = TOKEN.matcher(message);
        if (!token.find()) {
            throw new AssertionError("no token in " + message);
        }
        return Integer.parseInt(token.group(1));
    }

    private void run() {
        while (!stopped) {
            try (Socket socket = new Socket()) {
                socket.connect(proxy);
                socket.setSoTimeout(60_000);
                new Session(socket).run();
            } catch (IOException gone) {
                // a session that breaks off is one of the cases
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private final class Session {
        private final Socket socket;
        private final BufferedReader in;

        Session(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        }

        void run() throws IOException {
            boolean goesOn =
                    reply().startsWith("220") && says("EHLO client.test").startsWith("250");
            for (int i = 0; goesOn && i < SESSION && !stopped; i++) {
                goesOn = sends();
            }
            if (goesOn) {
                says("QUIT");
            }
        }

        /** Sends one message; whether the session goes on. */
        private boolean sends() throws IOException {
            int token = tokens.incrementAndGet();
            fates.put(token, Fate.REFUSED);
            String last = says("MAIL FROM:<t" + token + "@c.test>");
            if (last.startsWith("250")) {
                last = says("RCPT TO:<alice@dest.test>");
            }
            if (last.startsWith("250")) {
                last = token % 2 == 0 ? data(token) : chunk(token);
            }
            if (last.startsWith("4") && !last.startsWith("421")) {
                last = says("RSET");
            }
            return !last.startsWith("421");
        }

        private String data(int token) throws IOException {
            String ready = says("DATA");
            return ready.startsWith("354") ? ends(token, message(token) + ".\r\n") : ready;
        }

        private String chunk(int token) throws IOException {
            String message = message(token);
            return ends(token, "BDAT " + message.length() + " LAST\r\n" + message);
        }

        private String ends(int token, String octets) throws IOException {
            fates.put(token, Fate.UNKNOWN);
            String reply = send(octets);
            if (reply.startsWith("250")) {
                fates.put(token, Fate.ACCEPTED);
            } else if (!reply.contains("after end of data")) {
                fates.put(token, Fate.REFUSED);
            }
            return reply;
        }

        private static String message(int token) {
            return "Subject: " + token + "\r\n\r\ntoken=" + token + ";\r\n";
        }

        private String says(String line) throws IOException {
            return send(line + "\r\n");
        }

        private String send(String octets) throws IOException {
            socket.getOutputStream().write(octets.getBytes(StandardCharsets.US_ASCII));
            return reply();
        }

        private String reply() throws IOException {
            String line = in.readLine();
            while (line != null && line.length() > 3 && line.charAt(3) == '-') {
                line = in.readLine();
            }
            if (line == null) {
                throw new IOException("closed");
            }
            return line;
        }
    }
}
