package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.tls.CertificateAuthority;
import io.github.smtpproxy.tls.HeldCertificate;
import io.github.smtpproxy.tls.PemCertificate;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Clients that take the gateway for the destination. */
final class UnseenOptions {

    @Option(
            names = "--reoriginate-ca",
            paramLabel = "CERT:KEY",
            description =
                    "With --tls reoriginate: two PEM files of a CA that the clients trust, which issues a certificate "
                            + "for each destination. In its place, --tls-cert and --tls-key are one that is held, for destinations that "
                            + "show it too, or a trusted one with a name of it.")
    private Optional<String> authority;

    @Option(
            names = "--reoriginate-trust",
            paramLabel = "FILE",
            description =
                    "With --tls reoriginate: the CAs, in PEM, of destinations in whose place a certificate is shown "
                            + "(default: the JDK's).")
    private Optional<Path> trust;

    @Option(
            names = "--answer-unreachable",
            description =
                    "With --tls passthrough, hide or reoriginate: a client whose destination cannot be reached gets "
                            + "421 in place of a reset.")
    private boolean answerUnreachable;

    Endpoint passthrough(Endpoint endpoint) {
        refuse();
        return unseen(endpoint, Unseen.passStartTls());
    }

    Endpoint hide(Endpoint endpoint) {
        refuse();
        return unseen(endpoint, Unseen.hideStartTls());
    }

    /** @param held a certificate of the destination's, if there is one */
    Endpoint reoriginate(Endpoint endpoint, Optional<PemCertificate> held) {
        if (authority.isPresent() == held.isPresent()) {
            throw new IllegalArgumentException(
                    "--tls reoriginate needs --reoriginate-ca, or --tls-cert and --tls-key, and not both");
        }
        return unseen(
                endpoint,
                held.map(certificate -> Unseen.reoriginateTls(showing(certificate)))
                        .orElseGet(() -> Unseen.reoriginateTls(issuing(authority.get()))));
    }

    /** @throws IllegalArgumentException if there are options of reoriginate, and it is not asked for */
    void refuse() {
        if (authority.isPresent() || trust.isPresent()) {
            throw new IllegalArgumentException("--reoriginate-ca and --reoriginate-trust need --tls reoriginate");
        }
    }

    /** @throws IllegalArgumentException if there are options of a gateway that is unseen */
    void refuseAll() {
        refuse();
        if (answerUnreachable) {
            throw new IllegalArgumentException("--answer-unreachable needs --tls passthrough, hide or reoriginate");
        }
    }

    private HeldCertificate showing(PemCertificate certificate) {
        HeldCertificate plain = HeldCertificate.of(certificate);
        return trust.map(file -> OptionValue.of("--reoriginate-trust", () -> plain.trusting(file)))
                .orElse(plain);
    }

    private CertificateAuthority issuing(String files) {
        String[] two = files.split(":", -1);
        if (two.length != 2) {
            throw new IllegalArgumentException("--reoriginate-ca must be CERT:KEY, was '" + files + "'");
        }
        CertificateAuthority plain = OptionValue.of(
                "--reoriginate-ca",
                () -> CertificateAuthority.load(Path.of(two[0]), SecretFile.checked(Path.of(two[1]))));
        return trust.map(file -> OptionValue.of("--reoriginate-trust", () -> plain.trusting(file)))
                .orElse(plain);
    }

    private Endpoint unseen(Endpoint endpoint, Unseen how) {
        return endpoint.unseen(how.answerUnreachable(answerUnreachable));
    }
}
