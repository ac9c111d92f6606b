package io.github.smtpproxy.model;

import io.github.smtpproxy.model.RandomLeasesTest.Act;
import io.github.smtpproxy.model.RandomLeasesTest.Move;
import io.github.smtpproxy.model.TokenServer.Manner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client whose commands and messages have its token, and who looks for it in each reply. */
final class TokenSession {

    private final int token;
    private final Socket socket;
    private final BufferedReader in;
    private boolean over;

    TokenSession(InetSocketAddress proxy, int token) throws IOException {
        this.token = token;
        this.socket = new Socket(proxy.getAddress(), proxy.getPort());
        socket.setSoTimeout(60_000);
        this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        reply();
        says("EHLO client.test");
    }

    /** Makes a move; whether the session is over. */
    boolean act(Move move, TokenServer server) throws IOException {
        switch (move.act()) {
            case MAIL, MAIL_AND_LEAVE -> send("MAIL FROM:<" + address(move.manner()), move, server);
            case RCPT, RCPT_AND_LEAVE -> send("RCPT TO:<" + address(move.manner()), move, server);
            case MESSAGE, MESSAGE_AND_LEAVE -> message(move, server);
            case CHUNK -> chunk(move, server);
            case GROUP -> group(move, server);
            case RSET -> send("RSET", move, server);
            case LEAVE -> close();
        }
        return over;
    }

    private String address(Manner manner) {
        return "t" + token + "." + manner.name().toLowerCase(Locale.ROOT) + "@c.test>";
    }

    private static boolean leaves(Act act) {
        return act.name().endsWith("_LEAVE");
    }

    private void send(String line, Move move, TokenServer server) throws IOException {
        write(line + "\r\n");
        end(move, server);
    }

    private void message(Move move, TokenServer server) throws IOException {
        if (!says("DATA").startsWith("354")) {
            return;
        }
        write("Subject: a\r\n\r\ntoken=t" + token + ";\r\n.\r\n");
        end(move, server);
    }

    private void chunk(Move move, TokenServer server) throws IOException {
        String body = "Subject: a\r\n\r\ntoken=t" + token + ";\r\n";
        write("BDAT " + body.length() + " LAST\r\n" + body);
        end(move, server);
    }

    /** A whole transaction in one write. */
    private void group(Move move, TokenServer server) throws IOException {
        String body = "Subject: a\r\n\r\ntoken=t" + token + ";\r\n";
        write("MAIL FROM:<" + address(Manner.RIGHT) + "\r\nRCPT TO:<" + address(move.manner()) + "\r\nBDAT "
                + body.length() + " LAST\r\n" + body);
        for (int replies = 0; replies < 3 && !over; replies++) {
            awaitReply(server);
        }
    }

    private void end(Move move, TokenServer server) throws IOException {
        if (leaves(move.act())) {
            close();
            server.release();
        } else {
            awaitReply(server);
        }
    }

    /** The server may be late until it is told that this client waits. */
    private void awaitReply(TokenServer server) throws IOException {
        while (!over && !in.ready() && !isReadable()) {
            server.release();
        }
        reply();
    }

    private boolean isReadable() throws IOException {
        socket.setSoTimeout(5);
        try {
            in.mark(1);
            int first = in.read();
            if (first >= 0) {
                in.reset();
            }
            return true;
        } catch (java.net.SocketTimeoutException notYet) {
            return false;
        } finally {
            socket.setSoTimeout(60_000);
        }
    }

    private String says(String line) throws IOException {
        write(line + "\r\n");
        return reply();
    }

    private void write(String octets) {
        if (!over) {
            try {
                socket.getOutputStream().write(octets.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException closed) {
                over = true;
            }
        }
    }

    private String reply() {
        String line = "";
        try {
            line = over ? null : in.readLine();
            while (line != null && line.length() > 3 && line.charAt(3) == '-') {
                line = in.readLine();
            }
        } catch (IOException closed) {
            line = null;
        }
        over = line == null || line.startsWith("421");
        RandomLeasesTest.isOwn(line == null ? "" : line, token);
        return line == null ? "" : line;
    }

    void close() throws IOException {
        over = true;
        socket.close();
    }
}
