package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.inspect.Inspect;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** A page to look at. */
final class InspectOptions {

    @Option(
            names = "--inspect",
            paramLabel = "HOST:PORT",
            converter = HostPort.Converter.class,
            description =
                    "Show sessions, destinations and rates on a page at http://HOST:PORT/. It shows addresses, but no "
                            + "message and no secret. On other addresses than the loopback address it needs --inspect-token-file.")
    private HostPort where;

    @Option(
            names = "--inspect-token-file",
            paramLabel = "FILE",
            description = "Who looks must know this file's only line, once: http://HOST:PORT/?token=LINE.")
    private Path tokenFile;

    /** Where it is, if it is wanted. */
    Stream<HostPort> address() {
        return Stream.ofNullable(where);
    }

    /** @throws IllegalArgumentException if the address is none of this machine, or the token is missing or weak */
    void applyTo(SmtpProxyBuilder proxy) {
        if (where == null) {
            if (tokenFile != null) {
                throw new IllegalArgumentException("--inspect-token-file needs --inspect");
            }
            return;
        }
        InetSocketAddress at = OptionValue.of("--inspect", where::resolved);
        if (tokenFile != null) {
            proxy.inspect(OptionValue.of("--inspect-token-file", () -> Inspect.at(at, TextFile.token(tokenFile))));
        } else if (at.getAddress().isLoopbackAddress()) {
            proxy.inspect(Inspect.at(at));
        } else {
            throw new IllegalArgumentException("--inspect at " + where.host() + " needs --inspect-token-file");
        }
    }
}
