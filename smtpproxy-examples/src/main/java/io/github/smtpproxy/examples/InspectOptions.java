package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.inspect.Inspect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** A page to look at. */
final class InspectOptions {

    @Option(
            names = "--inspect",
            paramLabel = "HOST:PORT",
            converter = Gateway.HostPort.Converter.class,
            description =
                    "Show sessions, destinations and rates on a page at http://HOST:PORT/. It shows addresses, but no "
                            + "message and no secret. On other addresses than the loopback address it needs --inspect-token-file.")
    private Gateway.HostPort where;

    @Option(
            names = "--inspect-token-file",
            paramLabel = "FILE",
            description = "Who looks must know this file's only line, once: http://HOST:PORT/?token=LINE.")
    private Path tokenFile;

    /** @throws IllegalArgumentException if the address is none of this machine, or the token is missing or weak */
    void applyTo(SmtpProxyBuilder proxy) {
        if (where == null) {
            if (tokenFile != null) {
                throw new IllegalArgumentException("--inspect-token-file needs --inspect");
            }
            return;
        }
        InetSocketAddress at = new InetSocketAddress(address(), where.port());
        if (tokenFile != null) {
            proxy.inspect(Inspect.at(at, token()));
        } else if (at.getAddress().isLoopbackAddress()) {
            proxy.inspect(Inspect.at(at));
        } else {
            throw new IllegalArgumentException("--inspect at " + where.host() + " needs --inspect-token-file");
        }
    }

    private InetAddress address() {
        try {
            return InetAddress.getByName(where.host());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--inspect: there is no address of " + where.host(), e);
        }
    }

    private String token() {
        List<String> lines = TextFile.lines(tokenFile);
        if (lines.size() != 1) {
            throw new IllegalArgumentException("--inspect-token-file must have one line, had " + lines.size());
        }
        return lines.get(0).strip();
    }
}
