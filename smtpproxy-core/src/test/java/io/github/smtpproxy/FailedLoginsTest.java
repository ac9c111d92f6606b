package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who guesses passwords, here or at the destination: the answers are slow and few, and the log names the client. */
class FailedLoginsTest extends ProxyTest {

    private static final String RIGHT = "AUTH PLAIN " + plain("alice", "sesame");
    private static final String WRONG = "AUTH PLAIN " + plain("alice", "s3cret-guess");
    private static final Endpoint AT_ONCE = ENDPOINT.failedLoginDelay(Duration.ZERO);

    private final AtomicInteger guesses = new AtomicInteger();
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final CapturedLog log = new CapturedLog();

    private final Authenticator users = (user, password) -> {
        guesses.incrementAndGet();
        return user.equals("alice") && password.equals("sesame");
    };

    private final ProxyListener listening = new ProxyListener() {
        @Override
        public void refused(Session session, Refusal refusal) {
            refused.add(refusal.verb() + " " + refusal.reply().code() + " by " + refusal.by() + refusal.name());
        }
    };

    /** Where a login ends. */
    private enum Where {
        HERE,
        THERE
    }

    @AfterEach
    void the_log_is_the_consoles_again() {
        log.close();
    }

    private static String plain(String user, String password) {
        return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
    }

    private SmtpProxyBuilder proxy(Where where, Endpoint endpoint) {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH").exchange(() -> line -> {
            guesses.incrementAndGet();
            return line.equals(RIGHT) ? "235 2.7.0 In" : "535 5.7.8 dest.test says no to " + line;
        });
        return proxy(where == Where.HERE ? endpoint.authenticate(users).plaintextAuthentication(true) : endpoint)
                .listener(listening);
    }

    private Dialogue client(Where where, Endpoint endpoint) {
        return clientOf(proxy(where, endpoint)).greets();
    }

    @ParameterizedTest
    @EnumSource
    void after_five_the_session_ends(Where where) {
        Dialogue client = client(where, AT_ONCE);
        for (int i = 0; i < 5; i++) {
            client.says(WRONG).hears("535");
        }
        client.hearsLine("421 4.7.0 Too many failed logins").hearsTheEnd();
        assertThat(refused).hasSize(6).endsWith("AUTH 421 by LIMITmaxFailedLogins");
    }

    @ParameterizedTest
    @EnumSource
    void the_limit_is_a_setting(Where where) {
        client(where, AT_ONCE.maxFailedLogins(1))
                .says(WRONG)
                .hears("535")
                .hears("421 4.7.0")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource
    void words_of_a_filter_do_not_lift_the_limit(Where where) {
        Filter wordy = new Filter() {
            @Override
            public Reply auth(Auth auth, Chain<Auth> next) {
                Reply reply = next.proceed(auth);
                return reply.isRefusal() ? Reply.refusal(535, "5.7.8", "Ask for help") : reply;
            }
        };
        clientOf(proxy(where, AT_ONCE.maxFailedLogins(2)).filter(wordy))
                .greets()
                .says(WRONG)
                .hearsLine("535 5.7.8 Ask for help")
                .says(WRONG)
                .hearsLine("535 5.7.8 Ask for help")
                .hears("421 4.7.0")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource
    void of_those_that_are_sent_together_no_more_are_tried(Where where) {
        Dialogue client = client(where, AT_ONCE).sends((WRONG + "\r\n").repeat(300));
        for (int i = 0; i < 5; i++) {
            client.hears("535");
        }
        client.hears("421 4.7.0");
        assertThat(guesses).hasValue(5);
    }

    @ParameterizedTest
    @EnumSource
    void before_the_last_the_right_one_is_taken(Where where) {
        Dialogue client = client(where, AT_ONCE.maxFailedLogins(2));
        client.says(WRONG).hears("535").says(RIGHT).hears("235").envelope();
    }

    @ParameterizedTest
    @EnumSource
    void what_was_cancelled_or_malformed_is_no_failed_login(Where where) {
        destination
                .on("AUTH LOGIN")
                .exchange(() -> line -> line.equals("AUTH LOGIN") ? "334 VXNlcm5hbWU6" : "501 5.7.0 No");
        Dialogue client = client(where, AT_ONCE.maxFailedLogins(1));
        destination
                .on("AUTH LOGIN")
                .exchange(() -> line -> line.equals("AUTH LOGIN") ? "334 VXNlcm5hbWU6" : "501 5.7.0 No");
        for (int i = 0; i < 3; i++) {
            client.says("AUTH LOGIN").hears("334").says("*").hears("501");
            client.says("AUTH LOGIN").hears("334").says("!").hears("501");
        }
        client.says(RIGHT).hears("235");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "!!", ""})
    void a_token_that_was_refused_is_a_failed_login_however_the_client_goes_on(String answer) {
        Authenticator tokens = new Authenticator() {
            @Override
            public boolean accepts(String user, String password) {
                return false;
            }

            @Override
            public List<String> mechanisms() {
                return List.of("XOAUTH2");
            }
        };
        String token = Base64.getEncoder()
                .encodeToString("user=alice\1auth=Bearer s3cret\1\1".getBytes(StandardCharsets.UTF_8));
        clientOf(proxy(AT_ONCE.authenticate(tokens)
                        .plaintextAuthentication(true)
                        .maxFailedLogins(1)))
                .greets()
                .says("AUTH XOAUTH2 " + token)
                .hears("334")
                .says(answer)
                .hears("535 5.7.8")
                .hears("421 4.7.0");
        assertThat(log.lines()).anyMatch(l -> l.contains("login failed: user=alice mechanism=XOAUTH2"));
    }

    @Test
    void behind_xclient_it_is_another_that_guesses() {
        Dialogue client = client(Where.HERE, AT_ONCE.maxFailedLogins(2).xclientFrom(AddressRange.parse("127.0.0.1")));
        client.says(WRONG)
                .hears("535")
                .says("XCLIENT ADDR=192.0.2.1")
                .hears("220")
                .says("EHLO client.test")
                .hears("250");
        client.says(WRONG).hears("535").says(WRONG).hears("535").hears("421 4.7.0");
        assertThat(log.lines()).anyMatch(l -> l.contains(" client=192.0.2.1 login failed"));
    }

    @ParameterizedTest
    @EnumSource
    void its_answer_waits(Where where) {
        Dialogue client = client(where, ENDPOINT.failedLoginDelay(Duration.ofMillis(400)));
        long before = System.nanoTime();
        client.says(WRONG).hears("535").says(WRONG).hears("535");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @ParameterizedTest
    @EnumSource
    void a_proxy_that_closes_does_not_wait_for_it(Where where) {
        SmtpProxy proxy = started(proxy(where, ENDPOINT.failedLoginDelay(Duration.ofSeconds(60))));
        clientOf(proxy).greets().says(WRONG);
        await().until(() -> log.lines().stream().anyMatch(l -> l.contains("login failed")));
        long before = System.nanoTime();
        proxy.close();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(40));
    }

    @ParameterizedTest
    @CsvSource({"HERE, alice", "THERE, -"})
    void the_log_names_the_client_and_no_password(Where where, String user) {
        client(where, AT_ONCE).says(WRONG).hears("535");
        assertThat(log.lines(Level.WARN))
                .filteredOn(l -> l.contains("login failed"))
                .singleElement()
                .asString()
                .matches("s\\w+ client=127\\.0\\.0\\.1 login failed: user=" + user + " mechanism=PLAIN reply=535");
        assertThat(String.join("\n", log.lines())).doesNotContain("s3cret-guess", plain("alice", "s3cret-guess"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"a b=c | user=a\\x20b=c ", "a\u0007b | user=a\\x07b "})
    void a_name_is_no_field_of_the_log_but_its_own(String user, String shown) {
        client(Where.HERE, AT_ONCE).says("AUTH PLAIN " + plain(user, "x")).hears("535");
        assertThat(log.lines()).anyMatch(l -> l.contains("login failed: " + shown));
    }

    @Test
    void a_good_login_is_named_in_the_transactions_line() {
        client(Where.HERE, AT_ONCE)
                .says(RIGHT)
                .hears("235")
                .envelope()
                .says("RSET")
                .hears("250");
        assertThat(log.lines()).anyMatch(l -> l.contains(" login=alice "));
    }

    @Test
    void a_good_login_at_the_destination_is_told_of_too() {
        client(Where.THERE, AT_ONCE)
                .says(RIGHT)
                .hears("235")
                .envelope()
                .says("RSET")
                .hears("250");
        assertThat(log.lines()).anyMatch(l -> l.contains(" login=yes "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT1M1S"})
    void the_delay_has_bounds(String delay) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ENDPOINT.failedLoginDelay(Duration.parse(delay)))
                .withMessage("failedLoginDelay must be between 0 and 60 seconds, was " + delay);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_001})
    void the_limit_has_bounds(int limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ENDPOINT.maxFailedLogins(limit))
                .withMessage("maxFailedLogins must be between 1 and 1000, was " + limit);
    }
}
