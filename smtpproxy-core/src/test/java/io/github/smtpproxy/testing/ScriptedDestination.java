package io.github.smtpproxy.testing;

import io.github.smtpproxy.route.Destination;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A destination server on a free port of the loopback address that follows a script: to each command line the answer of
 * the rule said last whose text the line begins with. Without rules it takes every message, and refuses what is out of
 * order.
 *
 * <p>Three events are no command lines: {@code "connect"} (answered with the greeting), {@code "body"} (the first octets
 * of a message have arrived; faults only) and {@code "."} (a whole message has arrived).
 */
public final class ScriptedDestination implements AutoCloseable {

    private static final String[] EHLO = {
        "250-dest.test",
        "250-PIPELINING",
        "250-SIZE 10485760",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-DSN",
        "250-ENHANCEDSTATUSCODES",
        "250 HELP"
    };

    /** Who connects and finds no room waits for a greeting that never comes; systems take less where they have less. */
    private static final int BACKLOG = 10_000;

    private static final List<String> UNKNOWN = List.of("500 5.5.1 dest.test does not know that");

    private final ServerSocket server;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Rule> usual;
    private final List<String> heard = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final List<String> halves = new ArrayList<>();
    private final List<Integer> groups = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger early = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private final List<String> firstReads = new CopyOnWriteArrayList<>();
    private volatile boolean proxyHeader;

    private final List<String> offers = new CopyOnWriteArrayList<>();
    private final List<String> offersInTls = new CopyOnWriteArrayList<>();
    private volatile Optional<SSLContext> tls = Optional.empty();
    private volatile boolean implicit;
    private volatile boolean wantsCertificate;
    private volatile boolean oneHello;

    private record Rule(
            String event,
            List<String> reply,
            Optional<Fault> fault,
            Optional<Supplier<UnaryOperator<String>>> exchange) {

        Rule(String event, List<String> reply) {
            this(event, reply, Optional.empty(), Optional.empty());
        }
    }

    private ScriptedDestination(ServerSocket server) {
        this.server = server;
        on("connect").reply("220 dest.test ESMTP");
        on("EHLO").reply(EHLO);
        on("HELO").reply("250 dest.test");
        on("MAIL FROM:").reply("250 2.1.0 Sender ok");
        on("RCPT TO:").reply("250 2.1.5 Recipient ok");
        on("DATA").reply("354 End data with <CR><LF>.<CR><LF>");
        on(".").reply("250 2.0.0 Ok: queued as T1");
        on("RSET").reply("250 2.0.0 Reset");
        on("NOOP").reply("250 2.0.0 Noop");
        on("VRFY").reply("252 2.1.5 Send some mail");
        on("EXPN").reply("502 5.5.1 No lists here");
        on("HELP").reply("214-2.0.0 Commands:", "214 2.0.0 HELO EHLO MAIL");
        on("QUIT").reply("221 2.0.0 Bye from dest.test");
        usual = List.copyOf(rules);
    }

    /** A running destination. */
    public static ScriptedDestination start() {
        try {
            ScriptedDestination destination =
                    new ScriptedDestination(new ServerSocket(0, BACKLOG, InetAddress.getByName("127.0.0.1")));
            run("destination-accept", destination::accept);
            return destination;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on STARTTLS is offered and begun with this context. */
    public ScriptedDestination startTls(SSLContext context) {
        tls = Optional.of(context);
        return on("STARTTLS").reply("220 2.0.0 dest.test awaits TLS");
    }

    /** From now on every connection begins with TLS. */
    public ScriptedDestination implicitTls(SSLContext context) {
        tls = Optional.of(context);
        implicit = true;
        return this;
    }

    /** From now on whoever shows no certificate in TLS is refused, which TLS 1.3 tells it behind its handshake only. */
    public ScriptedDestination wantsCertificate() {
        wantsCertificate = true;
        return this;
    }

    /** From now on EHLO is answered with this line too. */
    public ScriptedDestination offers(String line) {
        offers.add(line);
        return this;
    }

    /** From now on EHLO within TLS is answered with this line too. */
    public ScriptedDestination offersInTls(String line) {
        offersInTls.add(line);
        return this;
    }

    /** What happens at this event; to be completed with a reply or a fault. */
    public On on(String event) {
        return new On(event);
    }

    /** One event of the script. */
    public final class On {
        private final String event;

        private On(String event) {
            this.event = event;
        }

        /** It is answered with these lines. */
        public ScriptedDestination reply(String... lines) {
            return add(new Rule(event, List.of(lines)));
        }

        /** It goes wrong. */
        public ScriptedDestination fail(Fault fault) {
            return add(new Rule(event, List.of(), Optional.of(fault), Optional.empty()));
        }

        /** It and the lines behind it are answered by what is made for it, as long as that answers 334. */
        public ScriptedDestination exchange(Supplier<UnaryOperator<String>> server) {
            return add(new Rule(event, List.of(), Optional.empty(), Optional.of(server)));
        }

        private ScriptedDestination add(Rule rule) {
            rules.add(0, rule);
            return ScriptedDestination.this;
        }
    }

    /** It offers these too. */
    public ScriptedDestination offers(String... more) {
        List<String> lines = new ArrayList<>(List.of(EHLO));
        for (String line : more) {
            lines.add(1, "250-" + line);
        }
        return on("EHLO").reply(lines.toArray(String[]::new));
    }

    /** It takes messages in chunks (RFC 3030), and offers that. {@code "chunk"}: the first octets of one have arrived. */
    public ScriptedDestination takesChunks() {
        on("BDAT").reply("250 2.0.0 Chunk taken");
        return offers("CHUNKING", "BINARYMIME");
    }

    /** It takes one EHLO or HELO in each state, as OpenSMTPD does: a further one only behind STARTTLS or XCLIENT. */
    public ScriptedDestination takesOneHello() {
        oneHello = true;
        return this;
    }

    /** Each connection begins with a PROXY header. */
    public ScriptedDestination expectsProxyHeader() {
        proxyHeader = true;
        return this;
    }

    /** What the first read of each connection brought, where a PROXY header is expected. */
    public List<String> firstReads() {
        return firstReads;
    }

    /** Where it is. */
    public Destination destination() {
        return Destination.at("127.0.0.1", server.getLocalPort());
    }

    /** The command lines that were heard, in order; where TLS began, {@code (TLS)}. */
    public List<String> heard() {
        synchronized (heard) {
            return List.copyOf(heard);
        }
    }

    /** The command lines that begin with this, in order. */
    public List<String> heard(String verb) {
        return heard().stream().filter(line -> line.startsWith(verb)).toList();
    }

    /** The messages that arrived whole, as they stood on the wire, without the final dot. */
    public List<String> messages() {
        synchronized (messages) {
            return List.copyOf(messages);
        }
    }

    /** What arrived of messages whose end did not. */
    public List<String> halfMessages() {
        synchronized (halves) {
            return List.copyOf(halves);
        }
    }

    /** How many command lines arrived at each read. */
    public List<Integer> groups() {
        synchronized (groups) {
            return List.copyOf(groups);
        }
    }

    /** How many connections there have been. */
    public int connections() {
        return connections.get();
    }

    /** How many messages it has accepted before they were there. */
    public int early() {
        return early.get();
    }

    /** Closes all connections, and listens on. */
    public void closeConnections() {
        try {
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many connections there are. */
    public int openConnections() {
        return open.size();
    }

    @Override
    public void close() {
        try {
            server.close();
            closeConnections();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                connections.incrementAndGet();
                open.add(socket);
                run("destination", () -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            new Connection(socket).run();
        } catch (IOException gone) {
            // the proxy may go at any time
        } finally {
            open.remove(socket);
        }
    }

    private Rule rule(String event) {
        String upper = event.toUpperCase(Locale.ROOT);
        return rules.stream()
                .filter(r -> upper.startsWith(r.event.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElse(new Rule(event, UNKNOWN));
    }

    private final class Connection {
        private Socket socket;
        private InputStream in;
        private OutputStream out;
        private Optional<UnaryOperator<String>> exchange = Optional.empty();
        private final byte[] buffer = new byte[65_536];
        private int position;
        private int limit;
        private boolean inBody;
        private boolean mail;
        private int recipients;
        private boolean greeted;
        private final ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        private boolean chunked;
        private boolean chunkFailed;

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
        }

        void run() throws IOException {
            if (proxyHeader && !header()) {
                return;
            }
            if (implicit) {
                encrypt();
            }
            if (!answer("connect").startsWith("2")) {
                return;
            }
            for (String line = line(); !line.isEmpty() || limit >= 0; line = line()) {
                hear(line);
                if (verb(line).equals("BDAT") && !rule(line).reply.equals(UNKNOWN)) {
                    if (!chunk(line)) {
                        return;
                    }
                    continue;
                }
                String first = answer(line);
                if (line.equalsIgnoreCase("STARTTLS") && first.startsWith("2") && tls.isPresent()) {
                    encrypt();
                }
                if (first.isEmpty() || line.equalsIgnoreCase("QUIT")) {
                    return;
                }
                if (line.equalsIgnoreCase("DATA") && first.startsWith("3") && !body()) {
                    return;
                }
            }
        }

        /** Takes the header, of either version, and nothing behind it; false where there is none. */
        private boolean header() throws IOException {
            if (!fill()) {
                return false;
            }
            String first = new String(buffer, 0, limit, StandardCharsets.ISO_8859_1);
            firstReads.add(first);
            position = first.startsWith("PROXY ")
                    ? first.indexOf("\r\n") + 2
                    : 16 + (buffer[14] & 0xFF) * 256 + (buffer[15] & 0xFF);
            return true;
        }

        /** Takes a chunk, whatever it answers (RFC 3030 §2); false where the connection is over. */
        private boolean chunk(String line) throws IOException {
            String[] words = line.split(" ");
            if (words.length < 2) {
                say("501 5.5.4 dest.test wants a size\r\n");
                return true;
            }
            boolean last = words.length > 2;
            long size = Long.parseLong(words[1]);
            inBody = true;
            try {
                for (long left = size; left > 0; ) {
                    if (position >= limit && !fill()) {
                        note(halves);
                        return false;
                    }
                    Rule rule = rule("chunk");
                    if (rule.fault.isPresent()) {
                        perform(rule.fault.get());
                        return false;
                    }
                    int n = (int) Math.min(left, limit - position);
                    chunks.write(buffer, position, n);
                    position += n;
                    left -= n;
                }
            } finally {
                inBody = false;
            }
            return chunkAnswered(line, last);
        }

        private boolean chunkAnswered(String line, boolean last) throws IOException {
            if (chunkFailed || recipients == 0) {
                say("503 5.5.1 No chunk in this state\r\n");
                return true;
            }
            chunked = true;
            Rule rule = rule(line);
            chunkFailed = rule.fault.isPresent() || !rule.reply.get(0).startsWith("2");
            if (last && !chunkFailed) {
                note(messages);
            }
            boolean goesOn = !answer(line).isEmpty();
            if (last && !chunkFailed) {
                follow(".", true);
            }
            return goesOn;
        }

        private void note(List<String> where) {
            synchronized (where) {
                where.add(chunks.toString(StandardCharsets.ISO_8859_1));
            }
        }

        private void hear(String line) {
            synchronized (heard) {
                heard.add(line);
            }
        }

        private void encrypt() throws IOException {
            SSLSocket secured =
                    (SSLSocket) tls.orElseThrow().getSocketFactory().createSocket(socket, "127.0.0.1", 0, true);
            secured.setUseClientMode(false);
            secured.setNeedClientAuth(wantsCertificate);
            secured.startHandshake();
            socket = secured;
            in = secured.getInputStream();
            out = secured.getOutputStream();
            greeted = false;
            hear("(TLS)");
        }

        private boolean isEncrypted() {
            return socket instanceof SSLSocket;
        }

        /** Takes a message; false where the connection is over. */
        private boolean body() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            inBody = true;
            boolean started = false;
            try {
                int matched = 2;
                byte[] end = {'\r', '\n', '.', '\r', '\n'};
                while (matched < end.length) {
                    if (position >= limit && !fill()) {
                        return false;
                    }
                    if (!started && rule("body").fault.isPresent()) {
                        perform(rule("body").fault.get());
                        return false;
                    }
                    started = true;
                    byte octet = buffer[position++];
                    body.write(octet);
                    matched = octet == end[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
                }
            } finally {
                inBody = false;
                String text = body.toString(StandardCharsets.ISO_8859_1);
                if (text.equals(".\r\n") || text.endsWith("\r\n.\r\n")) {
                    synchronized (messages) {
                        messages.add(text.substring(0, text.length() - 3));
                    }
                } else {
                    synchronized (halves) {
                        halves.add(text);
                    }
                }
            }
            return !answer(".").isEmpty();
        }

        /** The first line that was answered; empty where the connection is over. */
        private String answer(String event) throws IOException {
            Rule rule = rule(event);
            if (exchange.isPresent() || rule.exchange.isPresent()) {
                return exchange(
                        exchange.or(() -> rule.exchange.map(Supplier::get)).get(), event);
            }
            if (rule.fault.isPresent()) {
                perform(rule.fault.get());
                return "";
            }
            if (oneHello && greeted && isHello(event)) {
                say("503 5.5.1 Invalid command: Already identified\r\n");
                return "503";
            }
            List<String> reply = outOfOrder(event, rule).map(List::of).orElseGet(() -> reply(rule));
            say(String.join("\r\n", reply) + "\r\n");
            follow(event, reply.get(0).startsWith("2"));
            return reply.get(0);
        }

        private String exchange(UnaryOperator<String> server, String line) throws IOException {
            String reply = server.apply(line);
            exchange = Optional.of(server).filter(s -> reply.startsWith("334"));
            say(reply + "\r\n");
            return reply;
        }

        private List<String> reply(Rule rule) {
            if (!rule.event.equals("EHLO") || !usual.contains(rule)) {
                return rule.reply;
            }
            Stream<String> startTls = tls.isPresent() && !isEncrypted() ? Stream.of("STARTTLS") : Stream.empty();
            Stream<String> here = Stream.concat(offers.stream(), isEncrypted() ? offersInTls.stream() : Stream.empty());
            Stream<String> more = Stream.concat(here, startTls).map(line -> "250-" + line);
            int last = rule.reply.size() - 1;
            return Stream.of(
                            rule.reply.stream().limit(last),
                            more,
                            rule.reply.stream().skip(last))
                    .flatMap(lines -> lines)
                    .toList();
        }

        private Optional<String> outOfOrder(String event, Rule rule) {
            return switch (usual.contains(rule) ? verb(event) : "") {
                case "MAIL" -> mail ? Optional.of("503 5.5.1 Nested MAIL") : Optional.empty();
                case "RCPT" -> mail ? Optional.empty() : Optional.of("503 5.5.1 Need MAIL");
                case "DATA" ->
                    recipients > 0 && chunked
                            ? Optional.of("503 5.5.1 Chunks have come")
                            : recipients > 0 ? Optional.empty() : Optional.of("554 5.5.1 No valid recipients");
                default -> Optional.empty();
            };
        }

        private static boolean isHello(String event) {
            return verb(event).equals("EHLO") || verb(event).equals("HELO");
        }

        private void follow(String event, boolean accepted) {
            greeted = accepted && isHello(event) || greeted && !verb(event).equals("XCLI");
            switch (verb(event)) {
                case "MAIL" -> mail |= accepted;
                case "RCPT" -> recipients += accepted ? 1 : 0;
                case "EHLO", "HELO", "RSET", "XCLI", "." -> {
                    chunks.reset();
                    chunked = false;
                    chunkFailed = false;
                    mail = false;
                    recipients = 0;
                }
                default -> {}
            }
        }

        private static String verb(String event) {
            return event.substring(0, Math.min(4, event.length())).toUpperCase(Locale.ROOT);
        }

        private void perform(Fault fault) throws IOException {
            switch (fault) {
                case RESET -> socket.setSoLinger(true, 0);
                case CLOSE -> {}
                case STALL -> swallow();
                case GARBAGE_REPLY -> {
                    say("Who is there?\r\n");
                    swallow();
                }
                case ENDLESS_REPLY -> {
                    while (!socket.isClosed()) {
                        say("250-and one more line\r\n".repeat(100));
                    }
                }
                case CUT_IN_REPLY -> say("250-dest.te");
                case REPLY_421_AND_CLOSE -> say("421 4.3.2 dest.test goes down\r\n");
                case REPLY_552_AND_CLOSE -> say("552 5.3.4 dest.test has no room\r\n");
                case REPLY_552_AND_SWALLOW -> {
                    say("552 5.3.4 dest.test has no room\r\n");
                    swallow();
                }
                case REPLY_250_AND_SWALLOW -> {
                    say("250 2.0.0 dest.test is early\r\n");
                    early.incrementAndGet();
                    swallow();
                }
                default -> throw new IllegalArgumentException(fault.toString());
            }
        }

        private void swallow() throws IOException {
            while (in.read(buffer) >= 0) {
                // until the proxy goes
            }
        }

        private void say(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            while (position < limit || fill()) {
                byte octet = buffer[position++];
                line.write(octet);
                if (octet == '\n') {
                    String text = line.toString(StandardCharsets.ISO_8859_1);
                    return text.endsWith("\r\n") ? text.substring(0, text.length() - 2) : text;
                }
            }
            return "";
        }

        private boolean fill() throws IOException {
            position = 0;
            limit = in.read(buffer);
            int lines = 0;
            for (int i = 0; i < limit; i++) {
                lines += buffer[i] == '\n' ? 1 : 0;
            }
            if (!inBody && lines > 0) {
                synchronized (groups) {
                    groups.add(lines);
                }
            }
            return limit > 0;
        }
    }
}
