package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.tls.CertificateAuthority;
import java.nio.file.Path;
import java.util.List;

/** The code of the page on the dialogue unseen. */
final class UnseenDialogue {

    private UnseenDialogue() {}

    static List<Endpoint> endpoints() {
        // snippet: unseen
        Endpoint passing = Endpoint.port(25).unseen(Unseen.passStartTls());
        Endpoint hiding = Endpoint.port(26).unseen(Unseen.hideStartTls());
        CertificateAuthority authority = CertificateAuthority.load(Path.of("ca.pem"), Path.of("ca.key"));
        Endpoint reading =
                Endpoint.port(27).unseen(Unseen.reoriginateTls(authority).answerUnreachable(true));
        // end
        return List.of(passing, hiding, reading);
    }
}
