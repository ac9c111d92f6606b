package io.github.smtpproxy.session;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a connection is encrypted. Immutable.
 *
 * @param protocol such as {@code "TLSv1.3"}
 * @param cipherSuite the JDK's name of it
 * @param peerCertificates the other side's certificate and those that vouch for it; empty if it showed none
 * @param serverName the name that the client asked for (SNI, RFC 6066 §3), in lower case; empty if it named none
 */
public record Tls(
        String protocol, String cipherSuite, List<X509Certificate> peerCertificates, Optional<String> serverName) {

    /** Keeps a copy of the list. */
    public Tls {
        Objects.requireNonNull(protocol, "protocol");
        Objects.requireNonNull(cipherSuite, "cipherSuite");
        Objects.requireNonNull(peerCertificates, "peerCertificates");
        Objects.requireNonNull(serverName, "serverName");
        peerCertificates = List.copyOf(peerCertificates);
    }
}
