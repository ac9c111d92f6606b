package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.routing.AuthHttp;
import io.github.smtpproxy.testing.AuthHttpScript;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A server of auth_http cannot tell the proxy from nginx, and its clients are answered alike. */
@Tag("servers")
class AuthHttpPeerTest {

    private static final String CONFIGURATION = """
        daemon off;
        load_module /usr/lib/nginx/modules/ngx_mail_module.so;
        pid %1$s/pid;
        error_log stderr;
        worker_processes 1;
        events {}
        mail {
            auth_http 127.0.0.1:%2$d/auth?for=mail;
            auth_http_header X-Key "k 1";
            server_name proxy.test;
            server { listen 127.0.0.1:%3$d; protocol smtp; smtp_auth login plain none; xclient off; }
        }
        """;

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();
    private AuthHttpScript script;
    private Daemon nginx;
    private InetSocketAddress nginxAddress;
    private InetSocketAddress ours;

    @BeforeEach
    void start() {
        Peer.require("/usr/sbin/nginx");
        script = AuthHttpScript.start(this::answer);
        Path folder = Daemon.folder("nginx");
        int port = Ports.free();
        Daemon.write(folder.resolve("nginx.conf"), String.format(CONFIGURATION, folder, script.port(), port));
        nginx = Daemon.start(
                folder,
                () -> PostfixServer.answers(port),
                "/usr/sbin/nginx",
                "-p",
                folder.toString(),
                "-c",
                folder.resolve("nginx.conf").toString());
        nginxAddress = new InetSocketAddress("127.0.0.1", port);
        AuthHttp asked = AuthHttp.at(script.url()).header("X-Key", "k 1").optional();
        ours = ending.start(SmtpProxy.builder()
                        .listen(Endpoint.at("127.0.0.1", 0)
                                .hostname("proxy.test")
                                .received(false)
                                .failedLoginDelay(Duration.ZERO)
                                .authenticate(asked)
                                .plaintextAuthentication(true))
                        .router(asked))
                .address();
    }

    @AfterEach
    void stop() {
        try {
            ending.close();
        } finally {
            if (nginx != null) {
                nginx.close();
                script.close();
            }
        }
    }

    private Map<String, String> answer(Map<String, String> request) {
        String about = request.get("Auth-User") + " " + request.getOrDefault("Auth-SMTP-To", "");
        if (about.contains("wrong")) {
            return Map.of("Auth-Status", "Invalid login or password", "Auth-Wait", "1");
        }
        if (about.contains("later")) {
            return Map.of("Auth-Status", "Try later", "Auth-Error-Code", "451 4.3.0", "Auth-Wait", "1");
        }
        if (about.contains("nobody")) {
            return Map.of("Auth-Status", "No such user", "Auth-Error-Code", "550 5.1.1", "Auth-Wait", "1");
        }
        return AuthHttpScript.to(destination);
    }

    private static String plain(String user, String password) {
        String response = "\0" + user + "\0" + password;
        return "AUTH PLAIN " + Base64.getEncoder().encodeToString(response.getBytes(StandardCharsets.UTF_8));
    }

    static List<List<String>> sessions() {
        return List.of(
                List.of(plain("alice", "p"), "MAIL FROM:<a@c.test>", "RCPT TO:<b@dest.test>", "RSET"),
                List.of(plain("a b%c", "p\u00e4ss %"), "MAIL FROM:<a@c.test>", "RCPT TO:<b@dest.test>"),
                List.of(plain("wrong", "p"), plain("wrong", "q"), plain("alice", "right"), "MAIL FROM:<>"),
                List.of(plain("later", "p"), plain("alice", "p")),
                List.of("AUTH LOGIN", "YWxpY2U=", "cA==", "MAIL FROM:<a@c.test>"),
                List.of("MAIL FROM:<a@c.test>", "RCPT TO:<nobody@dest.test>", "RCPT TO:<b@dest.test>", "RSET"),
                List.of("MAIL FROM:<>", "RCPT TO:<later@dest.test>"));
    }

    @ParameterizedTest
    @MethodSource("sessions")
    void clients_and_the_server_are_told_the_same(List<String> session) {
        List<String> theirReplies = replies(nginxAddress, session);
        List<Map<String, String>> theirRequests = requests();
        assertThat(replies(ours, session)).isEqualTo(theirReplies);
        assertThat(requests()).isEqualTo(theirRequests).isNotEmpty();
    }

    private static List<String> replies(InetSocketAddress proxy, List<String> session) {
        List<String> replies = new ArrayList<>();
        try (Dialogue client = Dialogue.with(proxy)) {
            client.hears("220").says("EHLO client.test").hears("250");
            for (String line : session) {
                String reply = client.says(line).reply().get(0);
                // what each says of itself differs in its words
                replies.add(reply.startsWith("2") ? reply.substring(0, 3) : reply);
            }
        }
        return replies;
    }

    private List<Map<String, String>> requests() {
        List<Map<String, String>> all = new ArrayList<>(script.requests());
        all.forEach(fields -> fields.remove("Host"));
        script.requests().clear();
        return all;
    }
}
