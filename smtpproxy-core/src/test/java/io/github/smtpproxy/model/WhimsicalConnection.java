package io.github.smtpproxy.model;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One conversation of a {@link WhimsicalDestination}, strict about the order of commands. */
final class WhimsicalConnection {

    private static final Pattern TOKEN = Pattern.compile("X-Token: (\\S+)");
    private static final Pattern TRACE = Pattern.compile("\\AReceived:[^\n]*\n(?:[ \t][^\n]*\n)*");

    private final WhimsicalDestination destination;
    private final Socket socket;
    private final InputStream in;
    private final int number;
    private final Random random;
    private final boolean calm;
    private final boolean pipelining;
    private final boolean chunking;
    private boolean greeted;
    private Optional<String> sender = Optional.empty();
    private List<String> recipients = new ArrayList<>();
    private Optional<ByteArrayOutputStream> chunks = Optional.empty();
    private boolean spoilt;

    /** It goes, as it has a mind to. */
    private static final class Gone extends IOException {
        private static final long serialVersionUID = 1L;
    }

    WhimsicalConnection(WhimsicalDestination destination, Socket socket, int number, Random random, boolean calm)
            throws IOException {
        this.destination = destination;
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.number = number;
        this.random = random;
        this.calm = calm;
        this.pipelining = random.nextInt(3) > 0;
        this.chunking = random.nextInt(6) > 0;
    }

    void serve() {
        try (socket) {
            answer(whim(true), "220 greeting of " + number, "greeting");
            while (true) {
                String line = line();
                note("-> ", line);
                command(line, line.toUpperCase(Locale.ROOT));
            }
        } catch (IOException gone) {
            note("-- ", "closed: " + gone);
        }
    }

    private void command(String line, String upper) throws IOException {
        if (upper.startsWith("EHLO ") || upper.startsWith("HELO ")) {
            hello(line);
        } else if (upper.startsWith("MAIL FROM:<")) {
            mail(mailbox(line));
        } else if (upper.startsWith("RCPT TO:<")) {
            rcpt(mailbox(line));
        } else if (upper.equals("DATA")) {
            data();
        } else if (upper.startsWith("BDAT ")) {
            bdat(upper);
        } else if (upper.equals("RSET")) {
            answer(whim(true), "250 2.0.0 reset", "RSET");
            forget();
        } else if (upper.startsWith("NOOP")) {
            answer(whim(true), "250 2.0.0 noop", "NOOP");
        } else if (upper.equals("QUIT")) {
            say("221 2.0.0 bye");
            throw new Gone();
        } else {
            say("500 5.5.1 unknown");
        }
    }

    private void hello(String line) throws IOException {
        boolean extended = line.toUpperCase(Locale.ROOT).startsWith("EHLO");
        String keywords = "\r\n250-SIZE 10000000" + (pipelining ? "\r\n250-PIPELINING" : "")
                + (chunking ? "\r\n250-CHUNKING" : "") + "\r\n250 8BITMIME";
        Whim whim = whim(true);
        if (!whim.isRefusal()) {
            greeted = true;
            forget();
        }
        answer(whim, extended ? "250-dest" + keywords : "250 dest", "hello");
    }

    private void mail(String from) throws IOException {
        if (!greeted || sender.isPresent()) {
            say("503 5.5.1 mail out of order");
            return;
        }
        Whim whim = whim(!pipelining);
        if (whim.isClear()) {
            forget();
            sender = Optional.of(from);
        }
        answer(whim, "250 2.1.0 mail=" + from, "mail");
    }

    private void rcpt(String to) throws IOException {
        if (sender.isEmpty()) {
            say("503 5.5.1 rcpt out of order");
            return;
        }
        Whim whim = whim(!pipelining);
        if (whim.isClear()) {
            recipients.add(to);
        }
        answer(whim, "250 2.1.5 rcpt=" + to, "rcpt");
    }

    private void data() throws IOException {
        boolean lenient = sender.isPresent() && recipients.isEmpty() && random.nextBoolean();
        if (sender.isEmpty() || chunks.isPresent() || recipients.isEmpty() && !lenient) {
            say(
                    sender.isPresent() && chunks.isEmpty()
                            ? "554 5.5.1 nobody to send it to"
                            : "503 5.5.1 data out of order");
            return;
        }
        Whim whim = whim(true);
        answer(whim, "354 go on", "data");
        if (whim.isClear()) {
            String content = message();
            if (recipients.isEmpty()) {
                say("554 5.5.1 nobody to send it to");
                forget();
            } else {
                take(content);
            }
        }
    }

    private String message() throws IOException {
        StringBuilder content = new StringBuilder();
        while (true) {
            String line = line();
            if (line.equals(".")) {
                note("-> ", "(" + content.length() + " octets) .");
                return content.toString();
            }
            content.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
            if (content.length() < 200) {
                note("-> ", "| " + line);
            }
        }
    }

    private void bdat(String upper) throws IOException {
        String[] words = upper.split(" ");
        byte[] octets = in.readNBytes(Integer.parseInt(words[1]));
        if (octets.length < Integer.parseInt(words[1])) {
            throw new EOFException("in a chunk");
        }
        boolean last = words.length > 2;
        if (sender.isEmpty() || recipients.isEmpty() || spoilt) {
            say("503 5.5.1 chunk out of order");
            spoilt |= sender.isPresent();
            if (last) {
                forget();
            }
            return;
        }
        if (chunks.isEmpty()) {
            chunks = Optional.of(new ByteArrayOutputStream());
        }
        chunks.get().writeBytes(octets);
        if (last) {
            take(chunks.get().toString(StandardCharsets.ISO_8859_1));
            return;
        }
        Whim whim = whim(true);
        spoilt = !whim.isClear();
        answer(whim, "250 2.0.0 chunk of " + octets.length, "chunk");
    }

    /** The end of a message: taken unless it is refused, whether that can be heard or not. */
    private void take(String content) throws IOException {
        Whim whim = whim(true);
        Matcher token = TOKEN.matcher(content);
        String name = token.find() ? token.group(1) : "none";
        if (!whim.isRefusal()) {
            destination.took(new Delivered(
                    name,
                    sender.orElseThrow(),
                    List.copyOf(recipients),
                    TRACE.matcher(content).replaceFirst(""),
                    // an acceptance and a refusal at once: nobody can say which of them is the answer
                    whim.isClear() && whim != Whim.UNASKED_REFUSAL));
        }
        forget();
        answer(whim, "250 2.0.0 queued=" + name, "end of data");
    }

    private void forget() {
        sender = Optional.empty();
        recipients = new ArrayList<>();
        chunks = Optional.empty();
        spoilt = false;
    }

    private static String mailbox(String line) {
        return line.substring(line.indexOf('<') + 1, line.indexOf('>'));
    }

    /** @param alone whether nothing can have been said behind the command, so that what is unasked comes before the next */
    private Whim whim(boolean alone) {
        if (calm || random.nextInt(14) > 0) {
            return random.nextInt(25) == 0 ? Whim.REFUSE : Whim.ANSWER;
        }
        Whim whim = Whim.values()[random.nextInt(Whim.values().length)];
        return whim.isUnasked() && !alone ? Whim.DEFER : whim;
    }

    private void answer(Whim whim, String answer, String what) throws IOException {
        switch (whim) {
            case ANSWER -> say(answer);
            case REFUSE -> say("550 5.0.0 refused " + what);
            case DEFER -> say("450 4.0.0 deferred " + what);
            case SHUT -> {
                say("421 4.3.2 shut at " + what);
                throw new Gone();
            }
            case CLOSE -> throw new Gone();
            case RESET -> {
                socket.setSoLinger(true, 0);
                throw new Gone();
            }
            case CUT -> {
                write(answer.substring(0, answer.length() - 1));
                throw new Gone();
            }
            case GARBAGE -> say("garbage at " + what);
            case UNASKED_CONSENT -> say(answer + "\r\n250 2.0.0 unasked after " + what);
            case UNASKED_REFUSAL -> say(answer + "\r\n554 5.0.0 unasked after " + what);
        }
    }

    private void say(String reply) throws IOException {
        write(reply + "\r\n");
    }

    private void write(String octets) throws IOException {
        note("<- ", octets.replace("\r\n", "\\r\\n"));
        socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void note(String direction, String line) {
        destination.note(number + " " + direction + (line.length() > 160 ? line.substring(0, 160) + "..." : line));
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == '\n' && line.length() > 0 && line.charAt(line.length() - 1) == '\r') {
                return line.substring(0, line.length() - 1);
            }
            line.append((char) octet);
        }
        throw new EOFException("the proxy closed");
    }
}
