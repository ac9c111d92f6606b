package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.TlsLayer;
import io.github.smtpproxy.route.Destination;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Which certificates of destinations are trusted. */
final class Trust {

    private static final SSLContext ANYBODY = trustingAnybody();

    private Trust() {}

    static TlsLayer with(Destination destination) {
        boolean verified = destination.verifies();
        SSLContext context = verified ? destination.trust().orElseGet(Trust::byDefault) : ANYBODY;
        return TlsLayer.connecting(context, destination.host(), destination.port(), verified);
    }

    /** Anybody, whom a client asks for by this name: what it is shown in place of the destination's certificate says more. */
    static TlsLayer asking(Destination destination, byte[] serverName) {
        return TlsLayer.asking(ANYBODY, destination.host(), destination.port(), serverName);
    }

    /** The chain that a destination showed. */
    static List<X509Certificate> shown(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException none) {
            return List.of();
        }
    }

    private static SSLContext byDefault() {
        try {
            return SSLContext.getDefault();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no default TLS context", e);
        }
    }

    /** Encryption without authentication still protects against passive listeners (RFC 7435 §3). */
    private static SSLContext trustingAnybody() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no TLS", e);
        }
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, javax.net.ssl.SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
