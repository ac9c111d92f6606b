package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Lays TLS over a connected socket. Nothing here looks a name up, and nothing older than TLS 1.2 is spoken. */
public interface TlsLayer {

    /**
     * The layer, its handshake still to be made.
     *
     * @param heard what has been read from the socket already and belongs to the handshake
     */
    SSLSocket over(Socket socket, byte[] heard) throws IOException;

    /**
     * As the server.
     *
     * @param askForCertificate whether the client is asked for a certificate, which it may do without
     */
    static TlsLayer accepting(SSLContext context, boolean askForCertificate) {
        return (socket, heard) -> {
            SSLSocket tls =
                    (SSLSocket) context.getSocketFactory().createSocket(socket, new ByteArrayInputStream(heard), true);
            tls.setUseClientMode(false);
            modernOnly(tls);
            tls.setWantClientAuth(askForCertificate);
            return tls;
        };
    }

    /**
     * As the client.
     *
     * @param verified whether the certificate must name the host (RFC 6125)
     */
    static TlsLayer connecting(SSLContext context, String host, int port, boolean verified) {
        return (socket, heard) -> {
            if (heard.length > 0) {
                throw new MalformedReplyException("octets in plaintext where TLS begins");
            }
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, port, true);
            modernOnly(tls);
            if (verified) {
                SSLParameters parameters = tls.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                tls.setSSLParameters(parameters);
            }
            return tls;
        };
    }

    /**
     * No client begins TLS 1.2 anew within itself, which costs the server more than the client: there is no version left to
     * agree on. TLS 1.3 knows no such thing.
     */
    static void handshakeOnce(SSLSocket tls) {
        boolean mayBeginAnew = tls.getSession().getProtocol().equals("TLSv1.2");
        if (!tls.getUseClientMode() && mayBeginAnew) {
            tls.setEnabledProtocols(supported(tls, "TLSv1.3"));
        }
    }

    private static void modernOnly(SSLSocket tls) {
        tls.setEnabledProtocols(supported(tls, "TLSv1.3", "TLSv1.2"));
    }

    private static String[] supported(SSLSocket tls, String... versions) {
        return Arrays.stream(tls.getSupportedProtocols())
                .filter(List.of(versions)::contains)
                .toArray(String[]::new);
    }
}
