package io.github.smtpproxy.differential;

import io.github.smtpproxy.peers.Peer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Objects;

/** Python's aiosmtpd, which many test suites use as their server; it keeps nothing. */
final class Aiosmtpd extends MailServer {

    private static final String PYTHON = "/usr/bin/python3";
    private static final String MODULE = "/usr/lib/python3/dist-packages/aiosmtpd";

    Aiosmtpd() throws IOException {
        Peer.require(PYTHON, MODULE);
    }

    @Override
    String name() {
        return "aiosmtpd " + version("", PYTHON, "-c", "import aiosmtpd; print(aiosmtpd.__version__)");
    }

    @Override
    protected void configure() throws IOException {
        try (InputStream program =
                Objects.requireNonNull(Aiosmtpd.class.getResourceAsStream("/differential/aiosmtpd-server.py"))) {
            Files.copy(program, folder.resolve("server.py"));
        }
    }

    @Override
    Taken taken(String id) {
        throw new UnsupportedOperationException("it keeps nothing");
    }

    @Override
    protected List<String> command() {
        return List.of(PYTHON, folder + "/server.py", Integer.toString(port), folder.toString());
    }
}
