package io.github.smtpproxy.differential;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** The client's end of a session: writes octets, reads replies, and knows nothing of what they mean. */
final class Connection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 10_000;

    private final SSLContext tls;
    private Socket socket;
    private InputStream in;
    private OutputStream out;

    Connection(InetSocketAddress server, SSLContext tls) throws IOException {
        this.tls = tls;
        use(new Socket(server.getAddress(), server.getPort()));
    }

    private void use(Socket with) throws IOException {
        socket = with;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** In one write. Who has gone will not answer, which is how it is noticed. */
    void write(String octets) {
        try {
            out.write(octets.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        } catch (IOException gone) {
            // read() says so
        }
    }

    void handshake() throws IOException {
        SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
        secure.setUseClientMode(true);
        secure.startHandshake();
        use(secure);
    }

    /** The lines of the next reply. */
    List<String> read() {
        List<String> lines = new ArrayList<>();
        try {
            while (lines.isEmpty() || goesOn(lines.get(lines.size() - 1))) {
                lines.add(line());
            }
            return lines;
        } catch (SocketTimeoutException e) {
            return Exchange.SILENT;
        } catch (IOException e) {
            return Exchange.CLOSED;
        }
    }

    private static boolean goesOn(String line) {
        return line.length() > 3 && line.charAt(3) == '-';
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("closed");
            }
            line.write(octet);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text + "(bare LF)";
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
