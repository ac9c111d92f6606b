package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The server name of a TLS client (RFC 6066 section 3) says where its mail goes. In a JVM of its own: the JVM of the tests
 * reads no such name.
 */
class ServerNameTest extends ProxyTest {

    private final ScriptedDestination other = anotherDestination();

    @ParameterizedTest
    @CsvSource({
        "MX.dest.test, TLSv1.3, 1, 0",
        "mx.dest.test, TLSv1.2, 1, 0",
        "mx.other.test, TLSv1.3, 0, 1",
        "'', TLSv1.3, 0, 1"
    })
    void the_name_that_a_client_asks_for_decides(String name, String version, int here, int there) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerNameTest.class.getName(),
                        Integer.toString(destination.destination().port()),
                        Integer.toString(other.destination().port()))
                .redirectError(Redirect.INHERIT)
                .start();
        try (BufferedReader told =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
                Dialogue client = Dialogue.on(asking(name, version, Integer.parseInt(told.readLine())))) {
            client.greets().envelope();
        } finally {
            process.destroy();
        }
        assertThat(destination.heard("MAIL")).hasSize(here);
        assertThat(other.heard("MAIL")).hasSize(there);
    }

    private static Socket asking(String name, String version, int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new AnyCertificate()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setSoTimeout(60_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(name.isEmpty() ? List.of() : List.of(new SNIHostName(name)));
        parameters.setProtocols(new String[] {version});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static final class AnyCertificate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** The other JVM: the ports of both destinations. */
    public static void main(String[] ports) throws IOException {
        PrintStream told = System.out;
        System.setOut(System.err);
        Router router = Router.firstMatch(
                Router.to(at(ports[0]), session -> asksFor(session, "mx.dest.test")), Router.to(at(ports[1])));
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(ENDPOINT.implicitTls(Certificate.LOCAL.shown()))
                .router(router)
                .start()) {
            told.println(proxy.address().getPort());
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static boolean asksFor(Session session, String name) {
        return session.tls().flatMap(Tls::serverName).equals(Optional.of(name));
    }

    private static Destination at(String port) {
        return Destination.at("127.0.0.1", Integer.parseInt(port));
    }
}
