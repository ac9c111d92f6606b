package io.github.smtpproxy.testing;

import io.github.smtpproxy.tls.PemCertificate;
import io.github.smtpproxy.tls.TrustedCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;

/** Self-signed certificates and their keys, made by openssl once for each run of the tests. */
public enum Certificate {
    /** Of the loopback address, where all servers of the tests are. */
    LOCAL("IP:127.0.0.1"),
    /** Another of the loopback address. */
    LOCAL_TOO("IP:127.0.0.1"),
    /** Of a server that is elsewhere. */
    ELSEWHERE("DNS:elsewhere.test"),
    /** Of a client. */
    CLIENT("DNS:client.test");

    private final Path chain;
    private final Path key;

    Certificate(String subject) {
        Path folder = Path.of("target", "certificates");
        String name = name() + "-" + ProcessHandle.current().pid();
        this.chain = folder.resolve(name + ".pem");
        this.key = folder.resolve(name + ".key");
        make(folder, subject);
    }

    /** Its own. */
    public Path chain() {
        return chain;
    }

    /** Its private key. */
    public Path key() {
        return key;
    }

    /** The context of a server, or client, that shows it, and trusts nobody. */
    public SSLContext shown() {
        return PemCertificate.load(chain, key).context();
    }

    /** The context of one that shows it, and trusts another. */
    public SSLContext shownTrusting(Certificate other) {
        return PemCertificate.load(chain, key, other.chain).context();
    }

    /** The context of a client that trusts it, and shows none. */
    public SSLContext trusted() {
        return TrustedCertificates.load(chain);
    }

    private void make(Path folder, String subject) {
        try {
            Files.createDirectories(folder);
            List<String> command = List.of(
                    ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=" + name()
                                    + " -addext subjectAltName=" + subject + " -keyout " + key + " -out " + chain)
                            .split(" "));
            Path log = folder.resolve(name() + ".log");
            Process openssl = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (openssl.waitFor() != 0) {
                throw new IllegalStateException("openssl: " + Files.readString(log));
            }
            chain.toFile().deleteOnExit();
            key.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
