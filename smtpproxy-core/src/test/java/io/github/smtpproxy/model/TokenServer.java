package io.github.smtpproxy.model;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.testing.LoopbackServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server each of whose replies in a transaction names the session that the transaction is of, by the token in its sender. How
 * it answers a command, right or wrong, stands in the address of MAIL or RCPT; DATA goes as the last of these.
 */
final class TokenServer implements AutoCloseable {

    private static final Pattern ADDRESS = Pattern.compile("<(t\\d+)\\.(\\w+)@");
    private static final Pattern TOKEN = Pattern.compile("\\bt\\d+\\b");
    private static final int PATIENCE_SECONDS = 30;

    /** How a command is answered. */
    enum Manner {
        RIGHT,
        REFUSED,
        /** Once the test says so. */
        LATE,
        TWICE,
        GARBAGE,
        HALF,
        LOST
    }

    private final LoopbackServer server;
    private final Semaphore late = new Semaphore(0);
    private final List<String> mixed = new CopyOnWriteArrayList<>();

    private TokenServer() {
        this.server = LoopbackServer.start(socket -> new Connection(socket).run());
    }

    static TokenServer start() {
        return new TokenServer();
    }

    Destination destination() {
        return Destination.at("127.0.0.1", server.address().getPort());
    }

    /** Sends the replies that are late. */
    void release() {
        late.release(late.getQueueLength());
    }

    /** What it got of one session within a transaction of another. */
    List<String> mixed() {
        return mixed;
    }

    @Override
    public void close() {
        late.release(1_000);
        server.close();
    }

    private final class Connection {
        private final BufferedReader in;
        private final OutputStream out;
        private String token = "nobody";
        private Manner manner = Manner.RIGHT;
        private boolean open;
        private boolean over;

        Connection(Socket socket) throws IOException {
            this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            this.out = socket.getOutputStream();
        }

        void run() throws IOException {
            say("220 server ESMTP");
            for (String line = in.readLine(); line != null && !over; line = over ? null : in.readLine()) {
                execute(line);
            }
        }

        private void execute(String line) throws IOException {
            String verb = line.split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
            switch (verb) {
                case "EHLO" -> say("250-server", "250-CHUNKING", "250 PIPELINING");
                case "MAIL", "RCPT" -> address(verb, line);
                case "DATA" -> data();
                case "BDAT" -> chunk(line);
                case "QUIT" -> {
                    say("221 bye");
                    over = true;
                }
                default -> {
                    token = "nobody";
                    open = false;
                    say("250 ok");
                }
            }
        }

        private void address(String verb, String line) throws IOException {
            Matcher address = ADDRESS.matcher(line);
            if (!address.find()) {
                throw new IOException("no token in " + line);
            }
            if (verb.equals("MAIL")) {
                if (open && token.equals(address.group(1))) {
                    say("503 " + token);
                    return;
                }
                if (open) {
                    mixed.add(line + " within a transaction of " + token);
                }
                token = address.group(1);
            } else if (!token.equals(address.group(1))) {
                mixed.add(line + " in a transaction of " + token);
            }
            manner = Manner.valueOf(address.group(2).toUpperCase(Locale.ROOT));
            open |= verb.equals("MAIL") && manner != Manner.REFUSED;
            answer("250");
        }

        private void data() throws IOException {
            if (manner == Manner.LOST) {
                over = true;
                return;
            }
            say("354 " + token);
            List<String> body = new ArrayList<>();
            String line = in.readLine();
            for (; line != null && !line.equals("."); line = in.readLine()) {
                body.add(line);
            }
            boolean whole = line != null;
            if (whole ? !body.contains("token=" + token + ";") : isOfAnother(body)) {
                mixed.add("a message of " + body + " in a transaction of " + token);
            }
            if (!whole) {
                over = true;
                return;
            }
            open = false;
            answer("250");
        }

        /** One chunk, which is the last; read line by line, since it has whole lines. */
        private void chunk(String line) throws IOException {
            List<String> body = new ArrayList<>();
            for (int left = Integer.parseInt(line.split(" ")[1]); left > 0; ) {
                String next = in.readLine();
                if (next == null) {
                    over = true;
                    return;
                }
                body.add(next);
                left -= next.length() + 2;
            }
            if (isOfAnother(body)) {
                mixed.add("a chunk of " + body + " in a transaction of " + token);
            }
            if (!open || manner == Manner.REFUSED) {
                say("503 " + token);
                return;
            }
            open = false;
            answer("250");
        }

        private boolean isOfAnother(List<String> body) {
            return body.stream()
                    .flatMap(l -> TOKEN.matcher(l).results())
                    .anyMatch(t -> !t.group().equals(token));
        }

        private void answer(String code) throws IOException {
            switch (manner) {
                case RIGHT -> say(code + " " + token);
                case REFUSED -> say("550 " + token);
                case LATE -> {
                    await();
                    say(code + " " + token);
                }
                case TWICE -> say(code + " " + token, "250 " + token + " again");
                case GARBAGE -> say("what " + token);
                case HALF -> {
                    out.write((code + " " + token).getBytes(StandardCharsets.US_ASCII));
                    over = true;
                }
                case LOST -> over = true;
            }
        }

        private void await() {
            try {
                late.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }

        private void say(String... lines) throws IOException {
            out.write((String.join("\r\n", lines) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }
    }
}
