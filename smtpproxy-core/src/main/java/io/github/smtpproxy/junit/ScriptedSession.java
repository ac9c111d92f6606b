package io.github.smtpproxy.junit;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One connection of the scripted server. */
final class ScriptedSession {

    static final int MOST_OCTETS = 1 << 20;
    private static final int LONGEST_LINE = 100_000;
    private static final int MOST_RECIPIENTS = 1_000;

    private final ScriptedServer server;
    private final InputStream in;
    private final OutputStream out;
    private Optional<String> sender = Optional.empty();
    private List<String> recipients = new ArrayList<>();

    ScriptedSession(ScriptedServer server, Socket connection) throws IOException {
        this.server = server;
        this.in = new BufferedInputStream(connection.getInputStream());
        this.out = connection.getOutputStream();
        connection.setTcpNoDelay(true);
    }

    void run() throws IOException {
        if (!answer("CONNECT", Reply.of(220, "scripted.test ESMTP")).isPositive()) {
            return;
        }
        boolean goesOn = true;
        while (goesOn) {
            Optional<String> line = line();
            goesOn = line.isPresent() && command(line.get());
        }
    }

    private boolean command(String line) throws IOException {
        int end = line.indexOf(' ');
        String verb = (end < 0 ? line : line.substring(0, end)).toUpperCase(Locale.ROOT);
        switch (verb) {
            case "EHLO" -> {
                reset();
                answer(verb, hello());
            }
            case "MAIL" -> mail(line);
            case "RCPT" -> rcpt(line);
            case "DATA" -> data();
            case "AUTH" -> auth(line);
            case "HELO", "RSET" -> {
                reset();
                answer(verb, Reply.of(250, "2.0.0 Ok"));
            }
            case "NOOP" -> answer(verb, Reply.of(250, "2.0.0 Ok"));
            case "QUIT" -> answer(verb, Reply.of(221, "2.0.0 Bye"));
            default -> answer(verb, Reply.of(502, "5.5.1 Not implemented"));
        }
        return !verb.equals("QUIT");
    }

    private Reply hello() {
        List<String> lines = new ArrayList<>(List.of("scripted.test"));
        lines.addAll(server.keywords());
        return Reply.of(250, lines.toArray(String[]::new));
    }

    private void mail(String line) throws IOException {
        Optional<String> address = parsed(
                () -> MailFrom.parse(line).sender().map(Mailbox::toString).orElse(""));
        if (address.isEmpty()) {
            answer("MAIL", Reply.of(501, "5.1.7 Bad sender"));
        } else if (answer("MAIL", Reply.of(250, "2.1.0 Ok")).isPositive()) {
            sender = address;
        }
    }

    private void rcpt(String line) throws IOException {
        Optional<String> address = parsed(() -> RcptTo.parse(line).recipient().toString());
        Reply usual = sender.isEmpty()
                ? Reply.of(503, "5.5.1 MAIL first")
                : address.isEmpty()
                        ? Reply.of(501, "5.1.3 Bad recipient")
                        : recipients.size() == MOST_RECIPIENTS
                                ? Reply.of(452, "4.5.3 Too many recipients")
                                : Reply.of(250, "2.1.5 Ok");
        boolean accepted = (usual.isRefusal() ? write(usual) : answer("RCPT", usual)).isPositive();
        if (accepted) {
            recipients.add(address.get());
        }
    }

    private void data() throws IOException {
        if (recipients.isEmpty()) {
            write(Reply.of(503, "5.5.1 RCPT first"));
        } else if (answer("DATA", Reply.of(354, "Go on")).isIntermediate()) {
            Optional<String> text = text();
            if (text.isEmpty()) {
                write(Reply.of(552, "5.3.4 Too large"));
            } else {
                accept(text.get());
            }
            reset();
        }
    }

    /** It has the message before it replies. */
    private void accept(String text) throws IOException {
        Reply reply = server.reply(".").orElse(Reply.of(250, "2.0.0 Ok: accepted"));
        if (reply.isPositive()) {
            server.received(new ReceivedMessage(sender.orElse(""), recipients, text));
        }
        write(reply);
    }

    private void auth(String line) throws IOException {
        String[] words = line.split(" ");
        boolean isLogin = words.length > 1 && words[1].equalsIgnoreCase("LOGIN");
        int exchanges = (isLogin ? 2 : 1) - Math.max(0, words.length - 2);
        for (int i = exchanges; i > 0; i--) {
            write(Reply.of(334, !isLogin ? "" : i == 2 ? "VXNlcm5hbWU6" : "UGFzc3dvcmQ6"));
            line();
        }
        answer("AUTH", Reply.of(235, "2.7.0 Ok"));
    }

    private void reset() {
        sender = Optional.empty();
        recipients = new ArrayList<>();
    }

    /** Empty if it is too large. */
    private Optional<String> text() throws IOException {
        StringBuilder text = new StringBuilder();
        boolean fits = true;
        while (true) {
            String line = line().orElseThrow(() -> new IOException("the client has gone in its message"));
            if (line.equals(".")) {
                return fits ? Optional.of(text.toString()) : Optional.empty();
            }
            fits = fits && text.length() + line.length() + 2 <= MOST_OCTETS;
            if (fits) {
                text.append(line, line.startsWith(".") ? 1 : 0, line.length()).append("\r\n");
            }
        }
    }

    /** Empty at the end. */
    private Optional<String> line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == '\n') {
                String text = line.toString(StandardCharsets.ISO_8859_1);
                return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
            }
            if (line.size() == LONGEST_LINE) {
                throw new IOException("a line is longer than " + LONGEST_LINE + " octets");
            }
            line.write(octet);
        }
        return Optional.empty();
    }

    private interface Parsing {
        String address();
    }

    private static Optional<String> parsed(Parsing parsing) {
        try {
            return Optional.of(parsing.address());
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    /** What the script says, or the usual reply. */
    private Reply answer(String verb, Reply usual) throws IOException {
        return write(server.reply(verb).orElse(usual));
    }

    private Reply write(Reply reply) throws IOException {
        String text = String.join("\r\n", reply.wireLines()) + "\r\n";
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return reply;
    }
}
