package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;

/** A certificate of the loopback address and its key, made by openssl. */
final class TestCertificate {

    private TestCertificate() {}

    /** Makes {@code chain.pem} and {@code key.pem} in this folder. */
    static void make(Path folder) throws Exception {
        make(folder, "localhost", "IP:127.0.0.1");
    }

    /** The same of another name. */
    static void make(Path folder, String subject, String alternative) throws Exception {
        Process openssl = new ProcessBuilder(List.of(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
                                + " -nodes -days 9 -subj /CN=" + subject + " -addext subjectAltName=" + alternative
                                + " -keyout key.pem -out chain.pem")
                        .split(" ")))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(openssl.getInputStream().readAllBytes());
        assertThat(openssl.waitFor()).as(output).isZero();
    }
}
