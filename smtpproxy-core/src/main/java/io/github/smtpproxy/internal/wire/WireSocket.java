package io.github.smtpproxy.internal.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** The socket of a wire with its TLS layer, once there is one. Used by the session's thread; {@link #close} by any. */
final class WireSocket {

    private static final int MAX_DISCARDED = 2 << 20;

    private final Socket socket;
    private final InputStream socketInput;
    /** The TLS layer, or the socket itself while the connection is in plaintext. */
    private Socket top;

    private InputStream in;
    private OutputStream out;

    WireSocket(Socket socket) throws IOException {
        this.socket = socket;
        this.socketInput = socket.getInputStream();
        this.top = socket;
        this.in = socketInput;
        this.out = socket.getOutputStream();
    }

    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
    }

    /**
     * Starts TLS and completes the handshake.
     *
     * @param first octets of the handshake that have been read from the socket already
     */
    SSLSession startTls(TlsLayer tls, byte[] first) throws IOException {
        SSLSocket layer = tls.over(socket, first);
        handshake(layer);
        TlsLayer.refuseRenegotiation(layer);
        top = layer;
        in = layer.getInputStream();
        out = layer.getOutputStream();
        return layer.getSession();
    }

    private static void handshake(SSLSocket layer) throws IOException {
        try {
            layer.startHandshake();
        } catch (RuntimeException | Error e) {
            // from the host's trust or key manager, which must not end the session's thread
            throw new SSLException("the TLS handshake failed", e);
        }
    }

    /** Reads what has arrived into the buffer without waiting; false if nothing has. */
    boolean readAvailable(ReadBuffer buffer) throws IOException {
        if (in.available() > 0) {
            buffer.fillLine(in);
            return true;
        }
        return top != socket && socketInput.available() > 0 && readRecords(buffer);
    }

    /** Reads TLS records that have arrived. They may hold no data, such as a session ticket (RFC 8446 §4.6.1). */
    private boolean readRecords(ReadBuffer buffer) throws IOException {
        top.setSoTimeout(1);
        try {
            buffer.fillLine(in);
            return true;
        } catch (SocketTimeoutException noData) {
            return false;
        } finally {
            top.setSoTimeout(0);
        }
    }

    void shutdownOutput() throws IOException {
        top.shutdownOutput();
    }

    /** Reads up to the end of the input, 2 MiB at most. */
    void discardInput(byte[] block) throws IOException {
        int left = MAX_DISCARDED;
        for (int n = 0; n >= 0 && left > 0; left -= n) {
            n = in.read(block);
        }
    }

    void close() {
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // a socket that fails to close is of no use to anybody either
        }
    }
}
