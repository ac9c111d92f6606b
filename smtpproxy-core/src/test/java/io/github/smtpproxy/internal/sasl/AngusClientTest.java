package io.github.smtpproxy.internal.sasl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Angus Mail logs in at our server, each over a socket. */
class AngusClientTest {

    private static final int TIMEOUT_MILLIS = 20_000;

    @ParameterizedTest
    @CsvSource({
        "PLAIN, tim, pw",
        "PLAIN, grün, p\u00e4\u00dfw\u00f6rt",
        "LOGIN, tim, pw",
        "LOGIN, grün, p\u00e4\u00dfw\u00f6rt",
        "LOGIN, tim, 'p w'"
    })
    void its_passwords_get_in(String mechanism, String user, String password) throws Exception {
        assertThat(loggedIn(mechanism, user, password, password)).isEqualTo(new Success(user));
    }

    @ParameterizedTest
    @CsvSource({"tim, pw", "tim@example.com, pw"})
    void its_tokens_get_in(String user, String password) throws Exception {
        assertThat(loggedIn("XOAUTH2", user, password, KnownUsers.tokenOf(password)))
                .isEqualTo(new Success(user));
    }

    @Test
    void a_token_longer_than_a_command_line_gets_in() throws Exception {
        String password = "x".repeat(4000);
        assertThat(loggedIn("XOAUTH2", "tim", password, KnownUsers.tokenOf(password)))
                .isEqualTo(new Success("tim"));
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, PW", "LOGIN, PW", "XOAUTH2, wrong"})
    void it_understands_that_it_is_refused(String mechanism, String wrong) {
        assertThatExceptionOfType(AuthenticationFailedException.class)
                .isThrownBy(() -> loggedIn(mechanism, "tim", "pw", wrong));
    }

    private static Answer loggedIn(String mechanism, String user, String known, String secret)
            throws IOException, MessagingException, InterruptedException, ExecutionException, TimeoutException {
        ServerExchange exchange = ServerExchanges.open(mechanism, new KnownUsers(Map.of(user, known)))
                .orElseThrow();
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(() -> served(server, mechanism, exchange));
            Properties properties = new Properties();
            properties.setProperty("mail.smtp.auth", "true");
            properties.setProperty("mail.smtp.auth.mechanisms", mechanism);
            properties.setProperty("mail.smtp.timeout", String.valueOf(TIMEOUT_MILLIS));
            try (Transport transport = Session.getInstance(properties).getTransport("smtp")) {
                transport.connect(server.getInetAddress().getHostAddress(), server.getLocalPort(), user, secret);
            }
            return answer.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** As much of a server as a login needs. */
    private static Answer served(ServerSocket server, String mechanism, ServerExchange exchange) {
        try (Socket socket = server.accept()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
            OutputStream out = socket.getOutputStream();
            say(out, "220 test");
            in.readLine();
            say(out, "250-test\r\n250 AUTH " + mechanism);
            String[] auth = in.readLine().split(" ");
            assertThat(auth).startsWith("AUTH", mechanism);
            Optional<byte[]> initial = auth.length > 2 ? Optional.of(decoded(auth[2])) : Optional.empty();
            Answer answer = exchange.start(initial);
            while (answer instanceof Challenge challenge) {
                say(out, "334 " + Text.base64(challenge.octets()));
                answer = exchange.respond(decoded(in.readLine()));
            }
            say(out, answer instanceof Failure failure ? failure.kind().reply().toString() : "235 2.7.0 In");
            in.readLine();
            say(out, "221 2.0.0 Bye");
            return answer;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] decoded(String base64) {
        return base64.equals("=") ? new byte[0] : Base64.getDecoder().decode(base64);
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(ISO_8859_1));
    }
}
