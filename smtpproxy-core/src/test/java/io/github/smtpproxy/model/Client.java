package io.github.smtpproxy.model;

import io.github.smtpproxy.model.Step.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Says a draft, perhaps breaks off in the middle of it, and writes down what it heard. */
final class Client {

    private static final int PATIENCE_MILLIS = 60_000;

    private final List<Exchange> exchanges;
    private final Draft draft;
    private final Random random;
    private final long breakAfter;
    private long written;
    /** Of the last write, how much may have arrived. */
    private long arrivable;

    private Socket socket;
    private InputStream in;
    private boolean over;

    private static final class BrokenOff extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** @param exchanges where it writes down what was said and heard, in order; what was not even begun is not there */
    Client(Draft draft, long seed, List<Exchange> exchanges) {
        this.exchanges = exchanges;
        this.draft = draft;
        this.random = new Random(~seed);
        long all = draft.groups().stream()
                .flatMap(List::stream)
                .mapToLong(s -> s.line().length() + s.octets().length() + 2L)
                .sum();
        this.breakAfter = random.nextInt(5) == 0 ? (long) (random.nextDouble() * all) : Long.MAX_VALUE;
    }

    void talk(InetSocketAddress proxy) throws IOException {
        try (Socket opened = new Socket(proxy.getAddress(), proxy.getPort())) {
            socket = opened;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            over = !reply().filter(r -> r.startsWith("220")).isPresent();
            for (List<Step> group : draft.groups()) {
                if (!over) {
                    say(group);
                }
            }
            if (in.available() > 0) {
                throw new AssertionError("the client heard more than it asked for: " + reply());
            }
        } catch (BrokenOff gone) {
            // as drafted
        }
    }

    private void say(List<Step> group) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<Exchange> said = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (Step step : group) {
            all.writeBytes(step.wire());
            said.add(new Exchange(step));
            ends.add(all.size());
        }
        exchanges.addAll(said);
        try {
            write(all.toByteArray());
        } finally {
            for (int i = 0; i < said.size(); i++) {
                said.get(i).sent = ends.get(i) <= arrivable;
            }
        }
        for (Exchange exchange : said) {
            hear(exchange);
        }
    }

    private void write(byte[] octets) throws IOException {
        long left = breakAfter - written;
        int most = (int) Math.min(left, octets.length);
        arrivable = most;
        written += most;
        try {
            for (int from = 0; from < most; ) {
                int to = random.nextInt(4) == 0 ? from + 1 + random.nextInt(most - from) : most;
                socket.getOutputStream().write(octets, from, to - from);
                from = to;
            }
        } catch (IOException proxyGone) {
            // it may have said why
        }
        if (most < octets.length) {
            breakOff();
        }
    }

    private void breakOff() throws IOException {
        if (random.nextBoolean()) {
            socket.setSoLinger(true, 0);
        }
        throw new BrokenOff();
    }

    private void hear(Exchange exchange) throws IOException {
        if (over) {
            return;
        }
        exchange.reply = reply();
        over = exchange.reply.filter(r -> !r.startsWith("421")).isEmpty()
                || exchange.step.kind() == Kind.QUIT && exchange.accepted();
        if (exchange.step.kind() == Kind.DATA && !over) {
            hearData(exchange);
        }
    }

    private void hearData(Exchange data) throws IOException {
        boolean goOn = data.reply.get().startsWith("354");
        Step message = data.step.message();
        if (goOn) {
            Exchange whole = new Exchange(message);
            exchanges.add(whole);
            whole.sent = data.sent && message.blind();
            if (!message.blind()) {
                try {
                    write(Draft.octets(message.octets()));
                } finally {
                    whole.sent = arrivable == message.octets().length();
                }
            }
            hear(whole);
        } else if (message.blind()) {
            // each line of it is a command now
            for (String line : message.octets().split("\r\n")) {
                Exchange junk = new Exchange(Step.of(Kind.OTHER, line, ""));
                junk.sent = true;
                exchanges.add(junk);
                hear(junk);
            }
        }
    }

    /** @return the next reply, its lines joined; empty where the proxy has closed */
    private Optional<String> reply() throws IOException {
        StringBuilder reply = new StringBuilder();
        while (true) {
            Optional<String> line = line();
            if (line.isEmpty()) {
                return Optional.empty();
            }
            reply.append(reply.length() > 0 ? " / " : "").append(line.get());
            if (!line.get().matches("[2-5][0-9][0-9]([ -].*)?")) {
                throw new AssertionError("the client heard no reply: " + reply);
            }
            if (line.get().length() == 3 || line.get().charAt(3) == ' ') {
                return Optional.of(reply.toString());
            }
        }
    }

    private Optional<String> line() throws IOException {
        byte[] line = new byte[512];
        int length = 0;
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                if (length == line.length) {
                    line = Arrays.copyOf(line, length * 2);
                }
                line[length++] = (byte) octet;
                if (octet == '\n') {
                    return Optional.of(new String(line, 0, length - 2, StandardCharsets.ISO_8859_1));
                }
            }
        } catch (SocketTimeoutException silent) {
            throw new AssertionError("the client heard nothing for " + PATIENCE_MILLIS + " ms", silent);
        } catch (IOException reset) {
            // as if closed
        }
        return Optional.empty();
    }
}
