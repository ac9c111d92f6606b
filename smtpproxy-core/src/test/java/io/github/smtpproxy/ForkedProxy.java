package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

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
        return new ForkedProxy(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + heapMebibytes + "m",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-D" + Transport.PROPERTY + "=" + TRANSPORT,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ForkedProxy.class.getName(),
                        Integer.toString(destination.port()),
                        looking.name())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
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
            await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive());
            assertThat(process.exitValue()).as("exit status of the proxy's JVM").isZero();
        } finally {
            output.close();
            process.destroyForcibly();
        }
    }

    /** The other JVM. */
    public static void main(String[] arguments) throws IOException {
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(ProxyTest.ENDPOINT)
                .router(Router.to(Destination.at("127.0.0.1", Integer.parseInt(arguments[0]))));
        try (NothingLeft ending = new NothingLeft()) {
            SmtpProxy proxy = ending.start(Looking.valueOf(arguments[1]).in(builder));
            System.out.println(proxy.address().getPort());
            System.out.println(Runtime.getRuntime().maxMemory());
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
