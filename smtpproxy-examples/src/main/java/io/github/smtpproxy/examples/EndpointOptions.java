package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.tls.PemCertificate;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The side of the clients beyond plain SMTP: TLS, logins and trusted peers. */
final class EndpointOptions {

    enum Tls {
        STARTTLS,
        REQUIRED,
        IMPLICIT
    }

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "The certificate chain for TLS with clients, in PEM.")
    private Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The key of that certificate, in PEM.")
    private Path key;

    @Option(
            names = "--tls",
            paramLabel = "starttls|required|implicit",
            description = "TLS with clients: offered, no mail without it, or from the first octet "
                    + "(default: starttls if there is a certificate).")
    private Tls tls;

    @Option(
            names = "--users",
            paramLabel = "FILE",
            description =
                    "Clients log in here, over TLS, as one of the users of this file: name:password on each line. "
                            + "Without it, AUTH is relayed.")
    private Path users;

    @Option(
            names = "--plaintext-auth",
            description = "Clients may log in without TLS: everybody on the way can read their passwords.")
    private boolean plaintextAuth;

    @Option(
            names = "--proxy-protocol-from",
            paramLabel = "CIDR",
            split = ",",
            description = "Peers that begin each connection with a PROXY header, version 1 or 2.")
    private List<String> proxyProtocolFrom = List.of();

    @Option(
            names = "--xclient-from",
            paramLabel = "CIDR",
            split = ",",
            description = "Peers that may send XCLIENT and XFORWARD.")
    private List<String> xclientFrom = List.of();

    /** @throws IllegalArgumentException if options contradict each other or a file is invalid */
    Endpoint applyTo(Endpoint plain) {
        Endpoint endpoint = secured(plain)
                .plaintextAuthentication(plaintextAuth)
                .proxyProtocolFrom(ranges(proxyProtocolFrom))
                .xclientFrom(ranges(xclientFrom));
        if (users == null) {
            return endpoint;
        }
        if (endpoint.tls().isEmpty() && !plaintextAuth) {
            throw new IllegalArgumentException("--users needs --tls-cert and --tls-key, or --plaintext-auth");
        }
        return endpoint.authenticate(UsersFile.load(users));
    }

    private Endpoint secured(Endpoint endpoint) {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("--tls-cert and --tls-key must be given together");
        }
        if (certificate == null) {
            if (tls != null) {
                throw new IllegalArgumentException("--tls needs --tls-cert and --tls-key");
            }
            return endpoint;
        }
        PemCertificate pem = PemCertificate.load(certificate, key);
        return switch (tls == null ? Tls.STARTTLS : tls) {
            case STARTTLS -> endpoint.offerStartTls(pem.context());
            case REQUIRED -> endpoint.requireStartTls(pem.context());
            case IMPLICIT -> endpoint.implicitTls(pem.context());
        };
    }

    private static AddressRange[] ranges(List<String> texts) {
        return texts.stream().map(AddressRange::parse).toArray(AddressRange[]::new);
    }
}
