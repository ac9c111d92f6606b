package io.github.smtpproxy.testing;

import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A page with both conversations of one session, the client's on the left and the destination's indented, in the order
 * in which they happen:
 *
 * <pre>
 * # the claim; further lines of this kind are remarks
 * C  what the client says
 * C| what it sends, with \r \n \0 \xHH and no line end of its own
 *         &gt; what the destination must hear, exactly
 *         &lt; what it answers
 * S  the line that the client must hear, exactly
 *         + a further connection to the destination is made
 *         - the connection to the destination is closed
 *         ~ it goes on in TLS
 * S- the proxy closes the session
 * C~ the client's connection goes on in TLS
 * {@literal @} a setting that the page needs
 * </pre>
 *
 * <p>Lines of one kind that follow each other are said in one write. Page and lines are one char for one octet.
 */
public final class DialogueFile {

    private final List<String> lines;

    private DialogueFile(List<String> lines) {
        this.lines = lines;
    }

    /** Reads a page. */
    public static DialogueFile read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            if (lines.isEmpty() || !lines.get(0).startsWith("# ")) {
                throw new IllegalArgumentException(file + " does not begin with its claim");
            }
            return new DialogueFile(lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the page shows. */
    public String claim() {
        return lines.get(0).substring(2);
    }

    /** What the page needs of the proxy. */
    public Set<String> settings() {
        return lines.stream()
                .filter(line -> kind(line).equals("@"))
                .map(line -> text(line).strip())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Plays both sides.
     *
     * @param proxy starts a proxy for the destination and gives its address
     */
    public void play(Function<Destination, InetSocketAddress> proxy) throws IOException {
        try (ServerSocket port = new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1"))) {
            port.setSoTimeout(60_000);
            InetSocketAddress address = proxy.apply(Destination.at("127.0.0.1", port.getLocalPort()));
            try (Dialogue client = Dialogue.with(address)) {
                new Play(port, client).run();
            }
        }
    }

    private final class Play {
        private final ServerSocket port;
        private final Dialogue client;
        private final List<Dialogue> destinations = new ArrayList<>();

        Play(ServerSocket port, Dialogue client) {
            this.port = port;
            this.client = client;
        }

        void run() throws IOException {
            try {
                connects();
                for (int i = 0; i < lines.size(); i++) {
                    step(i);
                }
                client.closes();
                destination().hearsTheEnd();
            } finally {
                destinations.forEach(Dialogue::close);
            }
        }

        private void step(int index) throws IOException {
            String line = lines.get(index);
            String kind = kind(line);
            try {
                switch (kind) {
                    case "C", "C|", "<" -> say(index, kind);
                    case "S" -> client.hearsLine(text(line));
                    case "S-" -> client.hearsTheEnd();
                    case ">" -> destination().hearsLine(text(line));
                    case "+" -> connects();
                    case "-" -> destination().hearsTheEnd();
                    case "C~" -> client.secures(Certificate.LOCAL.trusted());
                    case "~" -> destination().securesAsServer(Certificate.LOCAL.shown());
                    case "#", "@", "" -> {}
                    default -> throw new IllegalArgumentException("unknown kind of line: " + line);
                }
            } catch (AssertionError e) {
                throw new AssertionError(
                        "line " + (index + 1) + ": " + line.strip() + "\n" + e.getMessage() + "\n-- the client's lane\n"
                                + client.transcript()
                                + (destinations.isEmpty()
                                        ? ""
                                        : "\n-- the destination's lane (C: destination, S: proxy)\n"
                                                + destination().transcript()),
                        e);
            }
        }

        private void say(int index, String kind) {
            boolean said = index > 0 && kind(lines.get(index - 1)).equals(kind);
            if (said) {
                return;
            }
            StringBuilder together = new StringBuilder();
            for (int i = index; i < lines.size() && kind(lines.get(i)).equals(kind); i++) {
                together.append(kind.equals("C|") ? unescaped(text(lines.get(i))) : text(lines.get(i)) + "\r\n");
            }
            (kind.equals("<") ? destination() : client).sends(together.toString());
        }

        private void connects() throws IOException {
            destinations.add(Dialogue.on(port.accept()));
        }

        private Dialogue destination() {
            return destinations.get(destinations.size() - 1);
        }
    }

    private static String kind(String line) {
        String stripped = line.strip();
        int end = stripped.indexOf(' ');
        return end < 0 ? stripped : stripped.substring(0, end);
    }

    private static String text(String line) {
        String stripped = line.stripLeading();
        int start = kind(line).length();
        while (start < stripped.length() && start < 3 && stripped.charAt(start) == ' ') {
            start++;
        }
        boolean indented = "<>".indexOf(stripped.charAt(0)) >= 0;
        return stripped.substring(indented ? Math.min(2, stripped.length()) : start);
    }

    private static String unescaped(String text) {
        StringBuilder octets = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '\\') {
                octets.append(text.charAt(i));
                continue;
            }
            i++;
            switch (text.charAt(i)) {
                case 'r' -> octets.append('\r');
                case 'n' -> octets.append('\n');
                case '0' -> octets.append('\0');
                case 'x' -> {
                    octets.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                default -> octets.append(text.charAt(i));
            }
        }
        return octets.toString();
    }
}
