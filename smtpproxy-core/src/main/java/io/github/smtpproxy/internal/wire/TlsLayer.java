package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.StandardConstants;

/** Makes the TLS layer over a connected socket: TLS 1.2 or 1.3, and no DNS lookup. */
public interface TlsLayer {

    /**
     * Makes the layer; its handshake is still to be done.
     *
     * @param input octets of the handshake that have been read from the socket already
     */
    SSLSocket over(Socket socket, byte[] input) throws IOException;

    /**
     * The server's side.
     *
     * @param askForCertificate whether to ask the client for a certificate; it need not send one
     */
    static TlsLayer accepting(SSLContext context, boolean askForCertificate) {
        return (socket, input) -> {
            SSLSocket tls =
                    (SSLSocket) context.getSocketFactory().createSocket(socket, new ByteArrayInputStream(input), true);
            tls.setUseClientMode(false);
            enableModernVersions(tls);
            tls.setWantClientAuth(askForCertificate);
            return tls;
        };
    }

    /**
     * The client's side.
     *
     * @param verified whether the certificate must name the host (RFC 6125)
     */
    static TlsLayer connecting(SSLContext context, String host, int port, boolean verified) {
        return connecting(context, host, port, verified, parameters -> {});
    }

    /**
     * The client's side, without regard to the certificate.
     *
     * @param serverName whom it asks for (RFC 6066 §3), whatever that looks like
     */
    static TlsLayer asking(SSLContext context, String host, int port, byte[] serverName) {
        // a session of another name is not resumed: it has the certificate of that
        String both = host + "/" + new String(serverName, StandardCharsets.ISO_8859_1);
        List<SNIServerName> names = List.of(new AnyName(serverName));
        return connecting(context, both, port, false, parameters -> parameters.setServerNames(names));
    }

    private static TlsLayer connecting(
            SSLContext context, String host, int port, boolean verified, Consumer<SSLParameters> more) {
        return (socket, input) -> {
            if (input.length > 0) {
                throw new MalformedReplyException("octets in plaintext before the TLS handshake");
            }
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, port, true);
            enableModernVersions(tls);
            SSLParameters parameters = tls.getSSLParameters();
            if (verified) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            more.accept(parameters);
            tls.setSSLParameters(parameters);
            return tls;
        };
    }

    /** {@link javax.net.ssl.SNIHostName} takes host names only, and clients ask for others too. */
    final class AnyName extends SNIServerName {
        private AnyName(byte[] name) {
            super(StandardConstants.SNI_HOST_NAME, name);
        }
    }

    /**
     * Lets no client renegotiate TLS 1.2, which costs the server more than the client: with TLS 1.3 alone enabled, a second
     * handshake of TLS 1.2 fails. TLS 1.3 has no renegotiation (RFC 8446 §4.1.2).
     */
    static void refuseRenegotiation(SSLSocket tls) {
        boolean mayRenegotiate = tls.getSession().getProtocol().equals("TLSv1.2");
        if (!tls.getUseClientMode() && mayRenegotiate) {
            tls.setEnabledProtocols(supported(tls, "TLSv1.3"));
        }
    }

    private static void enableModernVersions(SSLSocket tls) {
        tls.setEnabledProtocols(supported(tls, "TLSv1.3", "TLSv1.2"));
    }

    private static String[] supported(SSLSocket tls, String... versions) {
        return Arrays.stream(tls.getSupportedProtocols())
                .filter(List.of(versions)::contains)
                .toArray(String[]::new);
    }
}
