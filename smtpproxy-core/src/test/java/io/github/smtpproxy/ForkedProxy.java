package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.SelfSigned;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A proxy in a JVM of its own, with a small heap; it ends when it is closed, and then must have left nothing. */
final class ForkedProxy implements AutoCloseable {

    /** That of this JVM's proxies. */
    private static final String TRANSPORT = System.getProperty(Transport.PROPERTY, "plain");

    private final Process process;
    private final BufferedReader output;
    private final int port;
    private final long heap;

    private ForkedProxy(Process process) throws IOException {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        this.port = Integer.parseInt(output.readLine());
        this.heap = Long.parseLong(output.readLine());
    }

    static ForkedProxy start(int heapMebibytes, Destination destination, Looking looking) throws IOException {
        return start(
                heapMebibytes,
                List.of("-D" + Transport.PROPERTY + "=" + TRANSPORT),
                Redirect.INHERIT,
                destination,
                List.of(looking.name()));
    }

    /**
     * One that offers all that a hostile client may want to try: TLS, and filters that read headers and bodies.
     *
     * @param options those of the JVM that say what carries the sessions
     * @param folder where its certificate and its log are to be
     */
    static ForkedProxy open(int heapMebibytes, List<String> options, Destination destination, Path folder)
            throws IOException {
        return start(
                heapMebibytes,
                options,
                Redirect.to(folder.resolve("log").toFile()),
                destination,
                List.of(Looking.LIMIT_SIZE.name(), folder.toString()));
    }

    private static ForkedProxy start(
            int heapMebibytes, List<String> options, Redirect log, Destination destination, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMebibytes + "m",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ForkedProxy.class.getName()));
        command.add(Integer.toString(destination.port()));
        command.addAll(arguments);
        return new ForkedProxy(new ProcessBuilder(command).redirectError(log).start());
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", port);
    }

    /** The largest its heap may become, in octets. */
    long heap() {
        return heap;
    }

    @Override
    public void close() throws IOException {
        try {
            // the end of its input ends it; so does the end of this JVM
            process.getOutputStream().close();
            await().until(() -> !process.isAlive());
            assertThat(process.exitValue()).as("exit status of the proxy's JVM").isZero();
        } finally {
            output.close();
            process.destroyForcibly();
        }
    }

    /** The other JVM. */
    public static void main(String[] arguments) throws Exception {
        PrintStream told = System.out;
        // what is logged would stay in the pipe, and hold up who logs
        System.setOut(System.err);
        Router router = Router.to(Destination.at("127.0.0.1", Integer.parseInt(arguments[0])));
        SmtpProxyBuilder builder = Looking.valueOf(arguments[1])
                .in(SmtpProxy.builder().listen(endpoint(arguments)).router(router));
        if (arguments.length > 2) {
            try (SmtpProxy proxy = Looking.OPENED_BODY.in(builder).start()) {
                tellAndWait(told, proxy);
            }
            return;
        }
        try (NothingLeft ending = new NothingLeft()) {
            tellAndWait(told, ending.start(builder));
        }
    }

    private static Endpoint endpoint(String[] arguments) throws Exception {
        return arguments.length > 2
                ? ProxyTest.ENDPOINT.offerStartTls(SelfSigned.context(Path.of(arguments[2])))
                : ProxyTest.ENDPOINT;
    }

    private static void tellAndWait(PrintStream told, SmtpProxy proxy) throws IOException {
        told.println(proxy.address().getPort());
        told.println(Runtime.getRuntime().maxMemory());
        System.in.transferTo(OutputStream.nullOutputStream());
    }
}
