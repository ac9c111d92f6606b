package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.routing.AuthHttp;
import io.github.smtpproxy.testing.AuthHttpScript;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server of nginx's auth_http says who may log in and where mail goes. */
class AuthHttpTest extends ProxyTest {

    private final ScriptedDestination other = anotherDestination();
    private final AuthHttpScript script = AuthHttpScript.start(request -> AuthHttpScript.to(destination));
    private final AuthHttp asked = AuthHttp.at(script.url());

    @AfterEach
    void close() {
        script.close();
    }

    /** Until the test is over. */
    private static final class Silence {
        private final CountDownLatch over = new CountDownLatch(1);

        void await() {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void end() {
            over.countDown();
        }
    }

    private static String plain(String user, String password) {
        String response = "\0" + user + "\0" + password;
        return "AUTH PLAIN " + Base64.getEncoder().encodeToString(response.getBytes(StandardCharsets.UTF_8));
    }

    private Dialogue client(AuthHttp with) {
        return client(with, ENDPOINT);
    }

    private Dialogue client(AuthHttp with, Endpoint endpoint) {
        Endpoint here = endpoint.authenticate(with.optional())
                .plaintextAuthentication(true)
                .failedLoginDelay(Duration.ZERO)
                .xclientFrom(AddressRange.parse("127.0.0.1"));
        return clientOf(proxy(here, with)).hears("220").says("EHLO client.test").hears("250");
    }

    @Test
    void who_logs_in_goes_where_the_server_says() {
        script.answers(request -> AuthHttpScript.to(request.get("Auth-User").equals("two") ? other : destination));
        client(asked).says(plain("one", "p")).hears("235").envelope();
        client(asked).says(plain("two", "p")).hears("235").envelope();
        assertThat(destination.heard("RCPT")).hasSize(1);
        assertThat(other.heard("RCPT")).hasSize(1);
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void clients_must_log_in_unless_it_is_optional() {
        Endpoint endpoint = ENDPOINT.authenticate(asked).plaintextAuthentication(true);
        clientOf(proxy(endpoint, asked))
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .says("MAIL FROM:<>")
                .hears("530");
        assertThat(script.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_request_has_what_nginx_sends(boolean login) {
        Dialogue client = client(asked.header("X-Key", "k 1"));
        client.says("XCLIENT ADDR=IPV6:2001:db8::7 HELO=far.test").hears("220");
        client.says("EHLO far.test").hears("250");
        if (login) {
            client.says("AUTH LOGIN " + base64("a b%c")).hears("334");
            client.says(base64("p\u00e4ss %")).hears("235");
        } else {
            client.says(plain("a b%c", "p\u00e4ss %")).hears("235");
        }
        assertThat(script.requests())
                .singleElement()
                .satisfies(request -> assertThat(request)
                        .containsEntry("URI", "/auth?for=mail")
                        .containsEntry("Auth-Method", "plain")
                        .containsEntry("Auth-User", "a%20b%25c")
                        .containsEntry("Auth-Protocol", "smtp")
                        .containsEntry("Auth-Login-Attempt", "1")
                        .containsEntry("Client-IP", "2001:db8:0:0:0:0:0:7")
                        .containsEntry("Client-Host", "[UNAVAILABLE]")
                        .containsEntry("X-Key", "k 1")
                        .doesNotContainKeys("Auth-SSL", "Auth-SMTP-To"))
                .satisfies(request -> assertThat(request.get("Auth-Pass").getBytes(StandardCharsets.ISO_8859_1))
                        .isEqualTo("p\u00e4ss%20%25".getBytes(StandardCharsets.UTF_8)));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void a_client_in_tls_is_named_so() {
        client(asked, ENDPOINT.offerStartTls(Certificate.LOCAL.shown()))
                .startsTls(Certificate.LOCAL.trusted())
                .says("EHLO client.test")
                .hears("250")
                .says(plain("a", "p"))
                .hears("235");
        assertThat(script.requests().get(0))
                .containsEntry("Auth-SSL", "on")
                .containsEntry("Auth-SSL-Protocol", "TLSv1.3")
                .containsKey("Auth-SSL-Cipher");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0, 535 5.7.0 No way",
        "451 4.3.0, 0, 451 4.3.0 No way",
        "454, 0, 454 4.7.0 No way",
        "450 5.1.1, 0, 450 4.1.1 No way",
        "550 4.2.01, 0, 550 5.2.1 No way",
        "'', 1, 535 5.7.0 No way",
    })
    void a_refused_login_has_the_servers_words_and_waits_as_it_says(String code, int wait, String heard) {
        script.answers(request ->
                Map.of("Auth-Status", "No way", "Auth-Error-Code", code, "Auth-Wait", Integer.toString(wait)));
        Dialogue client = client(asked);
        long began = System.nanoTime();
        client.says(plain("a", "p")).hearsLine(heard);
        if (wait > 0) {
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofSeconds(wait));
            script.answers(request -> AuthHttpScript.to(destination));
            client.says(plain("a", "right")).hears("235");
            assertThat(script.requests().get(1)).containsEntry("Auth-Login-Attempt", "2");
        } else {
            client.hears("421").hearsTheEnd();
        }
    }

    @Test
    void who_does_not_log_in_is_asked_about_at_each_recipient() {
        script.answers(request -> switch (request.get("Auth-SMTP-To")) {
            case "RCPT TO:<no@dest.test>" -> Map.of("Auth-Status", "Nobody", "Auth-Wait", "9");
            case "RCPT TO:<later@dest.test>" -> Map.of("Auth-Status", "Later", "Auth-Error-Code", "450 4.2.1");
            case "RCPT TO:<two@dest.test>" -> AuthHttpScript.to(other);
            default -> AuthHttpScript.to(destination);
        });
        Dialogue client = client(asked);
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<no@dest.test>").hearsLine("550 5.7.1 Nobody");
        client.says("RCPT TO:<later@dest.test>").hearsLine("450 4.2.1 Later");
        client.says("RCPT TO:<one@dest.test>")
                .hears("250")
                .says("RCPT TO:<two@dest.test>")
                .hears("452 4.5.3");
        client.says("RSET").hears("250").says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<two@dest.test>").hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<one@dest.test>");
        assertThat(other.heard("RCPT")).containsExactly("RCPT TO:<two@dest.test>");
        assertThat(script.requests().get(0))
                .containsEntry("Auth-Method", "none")
                .containsEntry("Auth-User", "")
                .containsEntry("Auth-SMTP-Helo", "client.test")
                .containsEntry("Auth-SMTP-From", "MAIL FROM:<a@client.test>");
    }

    @Test
    void an_answer_of_another_user_and_password_is_the_login_at_the_destination() {
        destination
                .startTls(Certificate.LOCAL.shown())
                .offers("AUTH PLAIN")
                .on("AUTH")
                .reply("235 2.7.0 Ok");
        script.answers(request -> {
            Map<String, String> answer = new HashMap<>(AuthHttpScript.to(destination));
            answer.put("Auth-User", "real");
            answer.put("Auth-Pass", "other");
            return answer;
        });
        client(asked.logIn().destination(d -> d.startTls(StartTls.REQUIRED)))
                .says(plain("alias", "p"))
                .hears("235")
                .envelope();
        assertThat(destination.heard("AUTH")).containsExactly(plain("real", "other"));
    }

    @Test
    void the_destination_is_told_who_the_client_is() {
        destination.offers("XCLIENT ADDR LOGIN").on("XCLIENT").reply("220 dest.test begins anew");
        client(asked.destination(d -> d.announce(ClientAnnouncement.XCLIENT)))
                .says(plain("alice", "p"))
                .hears("235")
                .envelope();
        assertThat(destination.heard("XCLIENT")).singleElement().asString().contains("LOGIN=alice");
    }

    @Test
    void extensions_are_those_of_the_servers_in_reach() {
        destination.offers("SIZE 1000");
        clientOf(proxy(ENDPOINT, asked.reach(destination.destination())))
                .hears("220")
                .says("EHLO client.test")
                .hears("250-proxy.test");
        assertThat(clientOf(proxy(ENDPOINT, asked))
                        .hears("220")
                        .says("EHLO client.test")
                        .reply())
                .noneMatch(line -> line.contains("SIZE"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Auth-Status: OK",
                "Auth-Status: OK|Auth-Server: 127.0.0.1",
                "Auth-Status: OK|Auth-Server: a b|Auth-Port: 25",
                "Auth-Status: OK|Auth-Server: 127.0.0.1|Auth-Port: 0",
                "Auth-Status: OK|Auth-Server: 127.0.0.1|Auth-Port: 99999",
                "Auth-Status: no|Auth-Error-Code: 250 2.0.0",
                "Auth-Status: no|Auth-Error-Code: 550 5.1.1 x",
                "Auth-Status: no|Auth-Wait: soon",
            })
    void an_answer_that_is_none_defers_and_the_session_goes_on(String answer) {
        Map<String, String> fields = new HashMap<>();
        for (String field : answer.split("\\|")) {
            if (!field.isEmpty()) {
                fields.put(field.split(": ")[0], field.split(": ")[1]);
            }
        }
        script.answers(request -> fields);
        defers(client(asked));
    }

    private void defers(Dialogue client) {
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hears("451 4.3.2").says("RSET").hears("250");
        client.says(plain("a", "p")).hears("451 4.3.2");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @Test
    void a_server_that_is_down_defers() {
        script.close();
        defers(client(asked));
    }

    @Test
    void a_server_that_is_silent_defers_within_the_limit() {
        Silence silent = new Silence();
        script.answers(request -> {
            silent.await();
            return Map.of();
        });
        client(asked.within(Duration.ofMillis(200))).says(plain("a", "p")).hears("451 4.3.2");
        silent.end();
    }

    @Test
    void the_http_status_says_nothing() {
        script.status(403);
        client(asked).says(plain("a", "p")).hears("235").envelope();
    }

    @Test
    void no_password_is_logged() {
        try (CapturedLog log = new CapturedLog()) {
            client(asked).says(plain("a", "s3cret")).hears("235").envelope();
            script.close();
            client(asked).says(plain("a", "s3cret")).hears("451");
            assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("s3cret"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "127.0.0.1:9000", "ftp://x/", "http://", "http://u:p@x/auth", "http://x/#a", "http://a b/"})
    void what_is_no_url_is_refused_and_shows_no_password(String url) {
        assertThatThrownBy(() -> AuthHttp.at(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("url must be like http://127.0.0.1:9000/auth, was ")
                .hasMessageNotContaining("u:p");
    }

    @Test
    void a_field_cannot_hold_another() {
        assertThatThrownBy(() -> asked.header("X", "a\r\nY: b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> asked.header("X: a", "b")).isInstanceOf(IllegalArgumentException.class);
    }
}
