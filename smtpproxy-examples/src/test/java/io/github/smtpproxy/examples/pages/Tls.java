package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.tls.PemCertificate;
import io.github.smtpproxy.tls.TrustedCertificates;
import java.nio.file.Path;
import java.util.List;

/** The code of the page on TLS. */
final class Tls {

    private Tls() {}

    static List<Endpoint> withClients() {
        // snippet: tls-with-clients
        PemCertificate certificate = PemCertificate.load(Path.of("chain.pem"), Path.of("key.pem"));
        Endpoint submission = Endpoint.port(587).requireStartTls(certificate.context());
        Endpoint submissions = Endpoint.port(465).implicitTls(certificate.context());
        // end
        return List.of(submission, submissions);
    }

    static Destination withDestination() {
        // snippet: tls-with-destination
        Destination destination = Destination.at("mail.example.org", 25)
                .startTls(StartTls.VERIFIED)
                .trust(TrustedCertificates.load(Path.of("ca.pem")));
        // end
        return destination;
    }
}
