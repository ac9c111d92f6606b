package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** On every path that a secret takes: after each test no log line, line of a transcript or event holds one. */
class SecretsTest extends ProxyTest {

    private static final String PASSWORD = "hunter2-hunter2";
    private static final String TOKEN = "t0ken-t0ken";
    private static final String PLAIN = base64("\0alice\0" + PASSWORD);
    private static final String XOAUTH2 = base64("user=alice\1auth=Bearer " + TOKEN + "\1\1");
    private static final Authenticator USERS = new Authenticator() {
        @Override
        public boolean accepts(String user, String password) {
            if (user.equals("broken")) {
                throw new IllegalStateException("cannot look up " + password, new IllegalArgumentException(password));
            }
            return password.equals(PASSWORD);
        }

        @Override
        public boolean acceptsToken(String user, String token) {
            return user.equals("alice");
        }

        @Override
        public List<String> mechanisms() {
            return List.of("PLAIN", "LOGIN", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER");
        }
    };

    private final Logger all = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level before = all.getLevel();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<Appender<ILoggingEvent>> usual = new ArrayList<>();
    private final List<String> transcript = new CopyOnWriteArrayList<>();
    private final List<String> events = new CopyOnWriteArrayList<>();

    private final ProxyListener watching = new ProxyListener() {
        @Override
        public void connectEnded(Session session, Destination there, Reply reply, Duration duration) {
            events.add(session + " " + there + " " + reply + there.credentials());
        }

        @Override
        public void mail(Transaction transaction, MailFrom mail, Reply reply) {
            events.add(transaction.session().identity() + " " + mail + " " + reply);
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            events.add(outcome.toString());
        }
    };

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        all.iteratorForAppenders().forEachRemaining(usual::add);
        usual.forEach(all::detachAppender);
        all.addAppender(log);
        all.setLevel(Level.TRACE);
    }

    @Override
    @AfterEach
    void nothing_is_left() {
        try {
            super.nothing_is_left();
        } finally {
            all.setLevel(before);
            all.detachAppender(log);
            usual.forEach(all::addAppender);
        }
        List<String> written = new ArrayList<>(transcript);
        written.addAll(events);
        log.list.forEach(e -> written.add(e.getFormattedMessage()
                + (e.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(e.getThrowableProxy()))));
        assertThat(transcript).isNotEmpty();
        assertThat(log.list).anyMatch(e -> e.getLevel() == Level.TRACE);
        for (String secret : List.of(PASSWORD, base64(PASSWORD), PLAIN, TOKEN, base64(TOKEN), XOAUTH2)) {
            assertThat(written).noneMatch(line -> line.contains(secret.substring(0, Math.min(11, secret.length()))));
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private Dialogue client(Endpoint endpoint, Destination there) {
        return clientOf(proxy(endpoint, Router.to(there))
                        .listener(watching)
                        .transcript((session, lane, fromProxy, line) -> transcript.add(line)))
                .greets();
    }

    private Dialogue relayed() {
        destination.offers("AUTH PLAIN LOGIN XOAUTH2");
        return client(ENDPOINT, destination.destination());
    }

    private Dialogue ended() {
        return client(ENDPOINT.authenticate(USERS).plaintextAuthentication(true), destination.destination());
    }

    static Stream<String> commands() {
        return Stream.of(
                "AUTH PLAIN " + PLAIN,
                "auth\tplain " + PLAIN,
                " AUTH PLAIN " + PLAIN,
                "AUTH=PLAIN " + PLAIN,
                "AUTH GSSAPI " + PLAIN,
                "AUTH XOAUTH2 " + XOAUTH2,
                "AUTH " + PLAIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"235 2.7.0 Welcome", "535 5.7.8 No", "454 4.7.0 Later"})
    void relayed_in_the_command(String answer) {
        destination.on("AUTH").reply(answer);
        Dialogue client = relayed();
        commands().forEach(command -> client.says(command).reply());
        client.envelope();
        assertThat(destination.heard()).contains("AUTH PLAIN " + PLAIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"235 2.7.0 Welcome", "535 5.7.8 No"})
    void relayed_as_answers_to_challenges(String answer) {
        destination.on("AUTH").reply("334 UGFzc3dvcmQ6").on(base64(PASSWORD)).reply(answer);
        relayed()
                .says("AUTH LOGIN")
                .hears("334")
                .says(base64(PASSWORD))
                .hears(answer)
                .says("NOOP")
                .hears("250");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELP/", "QUIT+", "MAIL", "RSET=", "data/", "NOOP "})
    void relayed_in_an_answer_that_begins_like_a_command(String start) {
        String answer = start + base64(PASSWORD);
        destination.on("AUTH").reply("334 ").on(answer).reply("235 2.7.0 Welcome");
        relayed().says("AUTH LOGIN").hears("334").says(answer).hears("235");
    }

    @Test
    void relayed_too_early_and_refused() {
        destination.on("AUTH").reply("504 5.5.4 Not that one");
        relayed()
                .saysTogether("AUTH LOGIN", base64("alice"), base64(PASSWORD))
                .hears("504")
                .hears("50")
                .hears("50");
    }

    @Test
    void relayed_and_too_long() {
        destination.on("AUTH").reply("334 ").on("*").reply("501 5.7.0 Cancelled");
        relayed()
                .says("AUTH LOGIN")
                .hears("334")
                .says(base64(PASSWORD).repeat(1_000))
                .hears("500 5.5.6")
                .says("AUTH PLAIN " + PLAIN.repeat(1_000))
                .hears("500 5.5.6");
    }

    @Test
    void relayed_and_malformed() {
        destination.on("AUTH").reply("334 ").on("*").reply("501 5.7.0 Cancelled");
        relayed().says("AUTH LOGIN").hears("334").says(base64(PASSWORD) + "\0").hears("501");
    }

    @Test
    void relayed_to_a_destination_that_quotes_it() {
        destination.on("AUTH PLAIN").reply("500 5.5.1 Unknown command: AUTH PLAIN " + PLAIN);
        destination.on("AUTH LOGIN").reply("334 ");
        destination.on(base64(PASSWORD)).reply("535-5.7.8 I do not like", "535 5.7.8 " + base64(PASSWORD));
        relayed()
                .says("AUTH PLAIN " + PLAIN)
                .hearsLine("500 5.5.1 Unknown command: AUTH PLAIN " + PLAIN)
                .says("AUTH LOGIN")
                .hears("334")
                .says(base64(PASSWORD))
                .hears("535-5.7.8 I do not like");
    }

    @Test
    void relayed_to_a_destination_that_challenges_with_it() {
        destination.on("AUTH").reply("334 " + base64(PASSWORD)).on("*").reply("501 5.7.0 Cancelled");
        relayed().says("AUTH LOGIN").hears("334").says("*").hears("501");
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "CLOSE", "CUT_IN_REPLY", "GARBAGE_REPLY"})
    void relayed_to_a_destination_that_is_lost(Fault fault) {
        destination.on("AUTH").fail(fault);
        relayed().says("AUTH PLAIN " + PLAIN).hears("421");
    }

    @Test
    void relayed_to_a_destination_that_quotes_it_as_garbage() {
        destination.on("AUTH").reply("What is " + PLAIN + "?");
        relayed().says("AUTH PLAIN " + PLAIN).hears("421");
    }

    @Test
    void said_before_the_tls_that_is_required() {
        Endpoint required = ENDPOINT.requireStartTls(Certificate.LOCAL.shown());
        client(required, destination.destination())
                .saysTogether("AUTH LOGIN", base64("alice"), base64(PASSWORD), "AUTH PLAIN " + PLAIN)
                .hears("530")
                .hears("530")
                .hears("530")
                .hears("530");
    }

    @ParameterizedTest
    @CsvSource({"alice, 235", "broken, 454"})
    void ended_in_the_command(String user, String answer) {
        Dialogue client = ended();
        client.says("AUTH PLAIN " + base64("\0" + user + "\0" + PASSWORD)).hears(answer);
        commands().forEach(command -> client.says(command).reply());
        client.says("MAIL FROM:<a@client.test>").hears("250");
    }

    @Test
    void ended_and_wrong() {
        ended().says("AUTH PLAIN " + base64("\0alice\0" + PASSWORD + "!")).hears("535");
    }

    @Test
    void ended_as_answers_to_challenges() {
        ended().says("AUTH LOGIN")
                .hears("334")
                .says(base64("alice"))
                .hears("334")
                .says(base64(PASSWORD))
                .hears("235");
    }

    @Test
    void ended_and_malformed() {
        ended().says("AUTH LOGIN")
                .hears("334")
                .says(PASSWORD)
                .hears("501")
                .says("AUTH LOGIN")
                .hears("334")
                .says(base64(PASSWORD).repeat(1_000))
                .hears("500")
                .says("AUTH SCRAM-SHA-256 " + base64(PASSWORD))
                .hears("501")
                .says("AUTH XOAUTH2 " + XOAUTH2)
                .hears("235");
    }

    private static Stream<Credentials> ours() {
        return Stream.of(Credentials.password("alice", PASSWORD), Credentials.token("alice", () -> TOKEN));
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN LOGIN XOAUTH2, 235 2.7.0 Welcome",
        "PLAIN XOAUTH2, 535 5.7.8 No",
        "LOGIN OAUTHBEARER, 535 5.7.8 No",
        "SCRAM-SHA-256, 334 !",
        "CRAM-MD5, 535 5.7.8 No",
        "PLAIN XOAUTH2, what?",
        "PLAIN XOAUTH2, QUOTE"
    })
    void our_own(String mechanisms, String answer) {
        destination.startTls(Certificate.LOCAL.shown()).offers("AUTH " + mechanisms);
        destination.on("AUTH").exchange(() -> line -> {
            String secret = line.substring(line.lastIndexOf(' ') + 1);
            boolean more = line.endsWith("LOGIN") || line.endsWith("CRAM-MD5") || line.equals(base64("alice"));
            return more ? "334 UGFzc3dvcmQ6" : answer.equals("QUOTE") ? "535 5.7.8 No " + secret : answer;
        });
        ours().forEach(credentials -> {
            Destination there =
                    destination.destination().startTls(StartTls.REQUIRED).credentials(credentials);
            events.add(there + " " + there.credentials());
            clientOf(proxy(ENDPOINT, Router.to(there))
                            .listener(watching)
                            .transcript((session, lane, fromProxy, line) -> transcript.add(line)))
                    .hears("220")
                    .says("EHLO client.test")
                    .reply();
        });
        assertThat(destination.heard("AUTH")).isNotEmpty();
    }

    @Test
    void our_own_from_a_supplier_that_fails() {
        destination.startTls(Certificate.LOCAL.shown()).offers("AUTH XOAUTH2");
        Credentials broken = Credentials.token("alice", () -> {
            throw new IllegalStateException("expired: " + TOKEN, new IllegalStateException(TOKEN));
        });
        clientOf(proxy(
                                ENDPOINT,
                                Router.to(destination
                                        .destination()
                                        .startTls(StartTls.REQUIRED)
                                        .credentials(broken)))
                        .transcript((session, lane, fromProxy, line) -> transcript.add(line)))
                .hears("220")
                .says("EHLO client.test")
                .hears("451");
    }
}
