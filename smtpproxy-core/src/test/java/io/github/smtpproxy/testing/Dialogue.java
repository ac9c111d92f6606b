package io.github.smtpproxy.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;

/**
 * A client that follows a script. What it hears late (a minute) or otherwise than expected fails the test, with all
 * that was said so far. One char stands for one octet.
 */
public final class Dialogue implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;

    private Socket socket;
    private InputStream in;
    private final List<String> transcript = new ArrayList<>();

    private Dialogue(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** Connects. */
    public static Dialogue with(InetSocketAddress address) {
        Socket socket = new Socket();
        try {
            socket.connect(address, PATIENCE_MILLIS);
            return on(socket);
        } catch (IOException e) {
            throw new AssertionError("cannot connect to " + address, e);
        }
    }

    /** Holds a conversation on a connection that there is. */
    public static Dialogue on(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return new Dialogue(socket);
    }

    /** Goes on in TLS as its client. */
    public Dialogue secures(SSLContext context) {
        return secure(context, true, Optional.empty());
    }

    /** The same, asking for a server of this name, whatever it looks like (RFC 6066 §3). */
    public Dialogue secures(SSLContext context, String serverName) {
        return secure(context, true, Optional.of(new Name(serverName)));
    }

    private static final class Name extends SNIServerName {
        Name(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** Goes on in TLS as its server. */
    public Dialogue securesAsServer(SSLContext context) {
        return secure(context, false, Optional.empty());
    }

    private Dialogue secure(SSLContext context, boolean client, Optional<SNIServerName> serverName) {
        try {
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, "127.0.0.1", 0, true);
            tls.setUseClientMode(client);
            serverName.ifPresent(name -> {
                SSLParameters parameters = tls.getSSLParameters();
                parameters.setServerNames(List.of(name));
                tls.setSSLParameters(parameters);
            });
            tls.setSoTimeout(PATIENCE_MILLIS);
            tls.startHandshake();
            note("-- ", tls.getSession().getProtocol());
            socket = tls;
            in = new BufferedInputStream(tls.getInputStream());
            return this;
        } catch (IOException e) {
            throw failure("no TLS: " + e);
        }
    }

    /** Asks for STARTTLS and goes on in TLS. */
    public Dialogue startsTls(SSLContext context) {
        return says("STARTTLS").hearsLine("220 2.0.0 Ready to start TLS").secures(context);
    }

    /** Says a line. */
    public Dialogue says(String line) {
        return sends(line + "\r\n");
    }

    /** Says lines in one write. */
    public Dialogue saysTogether(String... lines) {
        return sends(String.join("\r\n", lines) + "\r\n");
    }

    /** Sends octets. */
    public Dialogue sends(String octets) {
        return sends(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends octets. */
    public Dialogue sends(byte[] octets) {
        note("C: ", octets.length > 300 ? octets.length + " octets" : escaped(octets));
        try {
            socket.getOutputStream().write(octets);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw failure("cannot send: " + e);
        }
    }

    /** The next reply, of one line or more, begins with this. */
    public Dialogue hears(String prefix) {
        List<String> reply = reply();
        if (!reply.get(0).startsWith(prefix)) {
            throw failure("expected to hear \"" + prefix + "\"");
        }
        return this;
    }

    /** The next line is exactly this one. */
    public Dialogue hearsLine(String line) {
        String heard = line();
        if (!heard.equals(line)) {
            throw failure("expected to hear the line \"" + line + "\"");
        }
        return this;
    }

    /** The next reply, each line of it. */
    public List<String> reply() {
        List<String> lines = new ArrayList<>();
        String line;
        do {
            line = line();
            lines.add(line);
        } while (line.length() > 3 && line.charAt(3) == '-');
        return lines;
    }

    /** Greeting and EHLO. */
    public Dialogue greets() {
        return hears("220").says("EHLO client.test").hears("250");
    }

    /** An envelope of one recipient, each command after the other. */
    public Dialogue envelope() {
        return says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    /** What still comes until the proxy closes the connection. */
    public String rest() {
        try {
            byte[] rest = in.readAllBytes();
            note("S: ", escaped(rest));
            return new String(rest, StandardCharsets.ISO_8859_1);
        } catch (SocketTimeoutException open) {
            throw failure("expected the end of the session");
        } catch (IOException reset) {
            return "";
        }
    }

    /** The proxy has closed the connection and said nothing more. */
    public boolean isClosed() {
        try {
            int octet = in.read();
            if (octet >= 0) {
                note("S: ", "(unexpected) " + (char) octet);
            }
            return octet < 0;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    /** The proxy closes the connection and says nothing more. */
    public Dialogue hearsTheEnd() {
        if (!isClosed()) {
            throw failure("expected the end of the session");
        }
        return this;
    }

    /** Goes, whatever may be under way. */
    public void closes() {
        try {
            socket.close();
        } catch (IOException e) {
            throw failure("cannot close: " + e);
        }
    }

    /** Resets the connection. */
    public void resets() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw failure("cannot reset: " + e);
        }
    }

    @Override
    public void close() {
        closes();
    }

    /** All that was said. */
    public String transcript() {
        return String.join("\n", transcript);
    }

    private String line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                line.write(octet);
                if (octet == '\n') {
                    String text = line.toString(StandardCharsets.ISO_8859_1);
                    note("S: ", escaped(line.toByteArray()));
                    if (!text.endsWith("\r\n")) {
                        throw failure("a line that does not end in CRLF");
                    }
                    return text.substring(0, text.length() - 2);
                }
            }
            throw failure("the proxy closed instead of answering");
        } catch (SocketTimeoutException e) {
            throw failure("no answer within " + PATIENCE_MILLIS + " ms");
        } catch (IOException e) {
            throw failure("cannot read: " + e);
        }
    }

    private void note(String who, String what) {
        String line = who + what;
        // a message of thousands of blocks is told as one
        if (transcript.isEmpty() || !transcript.get(transcript.size() - 1).equals(line) || !what.endsWith(" octets")) {
            transcript.add(line);
        }
    }

    private AssertionError failure(String what) {
        return new AssertionError(what + "\n" + transcript());
    }

    private static String escaped(byte[] octets) {
        StringBuilder text = new StringBuilder();
        for (byte octet : octets) {
            switch (octet) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                default -> {
                    boolean printable = octet >= ' ' && octet < 0x7F;
                    text.append(printable ? String.valueOf((char) octet) : String.format("\\x%02X", octet));
                }
            }
        }
        return text.toString();
    }
}
