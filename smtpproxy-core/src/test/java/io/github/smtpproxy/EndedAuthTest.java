package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.internal.sasl.ClientExchange;
import io.github.smtpproxy.internal.sasl.ClientExchanges;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AUTH ended at the proxy (RFC 4954): who may log in, how, and what the destination hears of it. */
class EndedAuthTest extends ProxyTest {

    private static final SSLContext SERVER = Certificate.LOCAL.shown();
    private static final SSLContext CLIENT = Certificate.LOCAL.trusted();
    private static final ScramSecret SCRAM = ScramSecret.of("open sesame");

    private static final Authenticator USERS = new Authenticator() {
        @Override
        public boolean accepts(String user, String password) {
            if (user.equals("broken")) {
                throw new IllegalStateException("no database");
            }
            return user.equals("alice") && password.equals("open sesame");
        }

        @Override
        public boolean acceptsToken(String user, String token) {
            return user.equals("alice") && token.equals("t0ken");
        }

        @Override
        public Optional<ScramSecret> scram(String user) {
            return user.equals("alice") ? Optional.of(SCRAM) : Optional.empty();
        }

        @Override
        public List<String> mechanisms() {
            return List.of("SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2");
        }
    };

    private static final String OFFER = "AUTH SCRAM-SHA-256 PLAIN LOGIN OAUTHBEARER XOAUTH2";
    private static final Endpoint IMPLICIT = ENDPOINT.implicitTls(SERVER).authenticate(USERS);

    private final List<String> identities = new CopyOnWriteArrayList<>();

    private final Filter looking = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            identities.add(next.session().identity().orElse("(nobody)"));
            return next.proceed(mail);
        }
    };

    private Dialogue client() {
        return clientOf(proxy(IMPLICIT).filter(looking)).secures(CLIENT).greets();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String plain(String user, String password) {
        return base64("\0" + user + "\0" + password);
    }

    private static List<String> ehlo(Dialogue client) {
        return client.says("EHLO client.test").reply().stream()
                .map(line -> line.substring(4))
                .toList();
    }

    private void isIn(Dialogue client) {
        client.envelope();
        assertThat(identities).containsExactly("alice");
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    /** Follows a mechanism to its end. */
    private static Dialogue logsIn(Dialogue client, Credentials credentials, String mechanism, String end) {
        ClientExchange exchange =
                ClientExchanges.choose(credentials, List.of(mechanism), true).orElseThrow();
        client.says("AUTH " + mechanism
                + exchange.initialResponse()
                        .map(i -> " " + Base64.getEncoder().encodeToString(i))
                        .orElse(""));
        for (String reply = client.reply().get(0); ; reply = client.reply().get(0)) {
            if (!reply.startsWith("334 ")) {
                assertThat(reply).as(client.transcript()).startsWith(end);
                return client;
            }
            byte[] response = exchange.respond(Base64.getDecoder().decode(reply.substring(4)));
            client.says(Base64.getEncoder().encodeToString(response));
        }
    }

    @Test
    void a_login_is_offered_over_tls_only_and_the_destinations_never() {
        destination.offers("AUTH CRAM-MD5");
        Endpoint endpoint = ENDPOINT.offerStartTls(SERVER).authenticate(USERS);
        Dialogue client = clientOf(proxy(endpoint)).hears("220");
        assertThat(ehlo(client)).noneMatch(line -> line.startsWith("AUTH"));
        client.says("AUTH PLAIN " + plain("alice", "open sesame")).hears("538 5.7.11");
        client.startsTls(CLIENT);
        assertThat(ehlo(client)).contains(OFFER).doesNotContain("AUTH CRAM-MD5");
        isThere(client.says("AUTH PLAIN " + plain("alice", "open sesame")).hears("235 2.7.0"));
    }

    private static void isThere(Dialogue client) {
        client.envelope();
    }

    @Test
    void a_login_is_offered_in_plaintext_where_that_is_allowed() {
        Endpoint endpoint = ENDPOINT.authenticate(USERS).plaintextAuthentication(true);
        Dialogue client = clientOf(proxy(endpoint).filter(looking)).hears("220");
        assertThat(ehlo(client)).contains(OFFER);
        isIn(client.says("AUTH PLAIN " + plain("alice", "open sesame")).hears("235 2.7.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA", "VRFY b", "EXPN b", "WHAT"})
    void nothing_but_the_way_in_is_taken_before_a_login(String command) {
        client().says(command)
                .hearsLine("530 5.7.0 Authentication required")
                .says("NOOP")
                .hears("250")
                .says("RSET")
                .hears("250")
                .says("HELP")
                .hears("214");
        assertThat(destination.heard(command.substring(0, 4))).isEmpty();
    }

    @Test
    void a_chunk_that_is_refused_before_a_login_is_swallowed() {
        client().sends("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n").hears("530 5.7.0").hearsLine("250 2.0.0 Noop");
    }

    @Test
    void plain_with_its_initial_response_logs_in() {
        isIn(client().says("AUTH PLAIN " + plain("alice", "open sesame")).hears("235 2.7.0"));
    }

    @Test
    void plain_without_one_is_asked_for_it() {
        isIn(client().says("auth plain")
                .hearsLine("334 ")
                .says(plain("alice", "open sesame"))
                .hears("235 2.7.0"));
    }

    @Test
    void login_logs_in() {
        isIn(client().says("AUTH LOGIN")
                .hearsLine("334 VXNlcm5hbWU6")
                .says(base64("alice"))
                .hearsLine("334 UGFzc3dvcmQ6")
                .says(base64("open sesame"))
                .hears("235 2.7.0"));
    }

    @Test
    void login_with_the_name_in_the_command_logs_in() {
        isIn(client().says("AUTH LOGIN " + base64("alice"))
                .hearsLine("334 UGFzc3dvcmQ6")
                .says(base64("open sesame"))
                .hears("235 2.7.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256", "PLAIN", "LOGIN"})
    void a_right_password_logs_in(String mechanism) {
        isIn(logsIn(client(), Credentials.password("alice", "open sesame"), mechanism, "235 2.7.0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"OAUTHBEARER", "XOAUTH2"})
    void a_right_token_logs_in(String mechanism) {
        isIn(logsIn(client(), Credentials.token("alice", () -> "t0ken"), mechanism, "235 2.7.0"));
    }

    @ParameterizedTest
    @CsvSource({"SCRAM-SHA-256, alice", "SCRAM-SHA-256, bob", "PLAIN, alice", "PLAIN, bob", "LOGIN, alice", "LOGIN, bob"
    })
    void a_wrong_password_is_535_and_the_next_may_be_right(String mechanism, String user) {
        Dialogue client = logsIn(client(), Credentials.password(user, "wrong"), mechanism, "535 5.7.8");
        client.says("MAIL FROM:<a@client.test>").hears("530");
        isIn(client.says("AUTH PLAIN " + plain("alice", "open sesame")).hears("235"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"OAUTHBEARER", "XOAUTH2"})
    void a_wrong_token_is_535_and_the_next_may_be_right(String mechanism) {
        Dialogue client = logsIn(client(), Credentials.token("alice", () -> "wrong"), mechanism, "535 5.7.8");
        isIn(logsIn(client, Credentials.token("alice", () -> "t0ken"), mechanism, "235"));
    }

    @Test
    void an_authenticator_that_fails_is_454_without_its_words() {
        client().says("AUTH PLAIN " + plain("broken", "open sesame"))
                .hearsLine("454 4.7.0 Temporary authentication failure")
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235");
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("cannot authenticate");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AUTH                  | 501 5.5.4",
                "AUTH CRAM-MD5         | 504 5.5.4",
                "AUTH GSSAPI YII=      | 504 5.5.4",
                "AUTH PLAIN =          | 501 5.5.2",
                "AUTH PLAIN !!!!       | 501 5.5.2",
                "AUTH PLAIN YWxpY2U    | 501 5.5.2",
                "AUTH PLAIN YQ== YQ==  | 501 5.5.2",
                "AUTH PLAIN *          | 501 5.5.2",
                "AUTH SCRAM-SHA-256 YQ==  | 501 5.5.2"
            })
    void a_malformed_login_is_refused_and_the_next_may_be_right(String command, String refusal) {
        isIn(client().says(command)
                .hears(refusal)
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235"));
    }

    @ParameterizedTest
    @CsvSource({"*, 501 5.7.0", "!!, 501 5.5.2", "YWxpY2U, 501 5.5.2"})
    void a_malformed_response_is_refused_and_the_next_login_may_be_right(String response, String refusal) {
        isIn(client().says("AUTH LOGIN")
                .hears("334")
                .says(response)
                .hears(refusal)
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235"));
    }

    @Test
    void what_comes_behind_a_bare_line_feed_in_a_response_is_no_command() {
        client().says("AUTH LOGIN")
                .hears("334")
                .sends("YWxpY2U=\nHELP smuggled\r\nNOOP\r\n")
                .hears("501 5.5.2")
                .hearsLine("250 2.0.0 Noop");
        assertThat(destination.heard("HELP")).isEmpty();
    }

    @Test
    void a_response_that_is_too_long_is_500_and_the_session_goes_on() {
        client().says("AUTH LOGIN")
                .hears("334")
                .says("A".repeat(12_288))
                .hears("500 5.5.6")
                .says("NOOP")
                .hears("250");
    }

    @Test
    void a_token_of_the_longest_kind_is_looked_at() {
        client().says("AUTH XOAUTH2")
                .hears("334")
                .says(base64("user=alice\1auth=Bearer " + "x".repeat(9_000) + "\1\1"))
                .hears("334")
                .says("")
                .hears("535 5.7.8");
    }

    @Test
    void a_second_login_is_503() {
        isIn(client().says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("503 5.5.1"));
    }

    @Test
    void a_login_in_a_transaction_is_503_and_the_transaction_goes_on() {
        client().says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("AUTH LOGIN")
                .hears("503 5.5.1")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    @Test
    void a_login_is_neither_offered_nor_forgotten_at_the_next_ehlo() {
        Dialogue client =
                client().says("AUTH PLAIN " + plain("alice", "open sesame")).hears("235");
        ehlo(client);
        isIn(client);
    }

    @Test
    void a_client_that_falls_silent_in_mid_exchange_is_421() {
        clientOf(proxy(IMPLICIT).timeouts(Timeouts.defaults().clientCommand(Duration.ofMillis(900))))
                .secures(CLIENT)
                .greets()
                .says("AUTH LOGIN")
                .hears("334")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @CsvSource({"EHLO client.test, ESMTPSA", "HELO client.test, SMTP"})
    void received_says_how_the_message_came(String hello, String protocol) {
        clientOf(proxy(IMPLICIT.received(true)))
                .secures(CLIENT)
                .hears("220")
                .says(hello)
                .hears("250")
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        assertThat(destination.messages())
                .singleElement()
                .satisfies(m ->
                        assertThat(m).contains(" with " + protocol + " id ").doesNotContain("alice"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_senders_identity_passes_on_mail_where_the_destination_has_auth(boolean has) {
        if (has) {
            destination.offers("AUTH PLAIN");
        }
        client().says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .says("MAIL FROM:<a@client.test> AUTH=<> BODY=8BITMIME")
                .hears("250");
        assertThat(destination.heard("MAIL"))
                .containsExactly("MAIL FROM:<a@client.test>" + (has ? " AUTH=<>" : "") + " BODY=8BITMIME");
    }

    @ParameterizedTest
    @CsvSource({"AUTH=boss@dest.test, AUTH=<>", "auth=a+3Db@client.test, AUTH=<>", "AUTH, AUTH=<>", "AUTH=<>, AUTH=<>"})
    void whom_a_user_claims_to_send_for_is_not_passed_on_in_the_proxys_name(String claim, String told) {
        destination.offers("AUTH PLAIN");
        client().says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .says("MAIL FROM:<a@client.test> " + claim)
                .hears("250");
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> " + told);
    }

    @Test
    void what_a_filter_says_of_the_sender_is_passed_on() {
        destination.offers("AUTH PLAIN");
        Filter saying = new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                return next.proceed(mail.withParameters(mail.parameters().replace("AUTH=alice")));
            }
        };
        clientOf(proxy(IMPLICIT).filter(saying))
                .secures(CLIENT)
                .greets()
                .says("AUTH PLAIN " + plain("alice", "open sesame"))
                .hears("235")
                .says("MAIL FROM:<a@client.test> AUTH=boss")
                .hears("250");
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> AUTH=alice");
    }
}
