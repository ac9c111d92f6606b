package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Tarpit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where sessions run short, clients have less time, and one that is idle gives its place to the next. */
@Timeout(120)
class UnderAttackTest extends ProxyTest {

    private static final Endpoint ONE = ENDPOINT.maxConnections(1);

    private static final String GONE = "421 4.7.0 Too many connections, an idle one is closed";

    private static final String TURNED_AWAY = "421 4.3.2 Too many connections";

    private final List<String> told = new CopyOnWriteArrayList<>();
    private CapturedLog log;

    @BeforeEach
    void captures_what_is_logged() {
        log = new CapturedLog();
    }

    @AfterEach
    void gives_the_log_back() {
        log.close();
    }

    private SmtpProxyBuilder stressed(Endpoint endpoint, Stress stress) {
        return proxy(endpoint).underAttack(stress).listener(new ProxyListener() {
            @Override
            public void refused(Session session, Refusal refusal) {
                if (refusal.name().equals("underAttack")) {
                    told.add(refusal.verb() + " " + refusal.by() + " " + refusal.reply());
                }
            }

            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                told.add(outcome.result().toString());
            }
        });
    }

    private SmtpProxy started(Endpoint endpoint) {
        return started(stressed(endpoint, Stress.defaults()));
    }

    /** One that comes before the session of the other waits for its client is turned away. */
    private Dialogue newcomer(SmtpProxy proxy) {
        Dialogue[] client = new Dialogue[1];
        await().until(() -> {
            client[0] = clientOf(proxy);
            return client[0].reply().get(0).startsWith("220");
        });
        return client[0];
    }

    @Test
    void one_that_is_idle_gives_its_place_to_the_next() {
        SmtpProxy proxy = started(ONE);
        Dialogue idle = clientOf(proxy).greets();
        Dialogue next = newcomer(proxy);
        idle.hearsLine(GONE).hearsTheEnd();
        next.says("EHLO client.test").hears("250");
        assertThat(told).containsExactly("- LIMIT " + GONE);
        await().until(() -> proxy.activeSessions() == 1);
    }

    @Test
    void one_that_said_nothing_gives_its_place_to_the_next() {
        SmtpProxy proxy = started(ONE);
        Dialogue silent = clientOf(proxy).hears("220");
        newcomer(proxy);
        silent.hearsLine(GONE).hearsTheEnd();
    }

    @Test
    void one_that_is_silent_before_tls_gives_its_place_to_the_next() {
        SmtpProxy proxy = started(ONE.implicitTls(Certificate.LOCAL.shown()));
        Dialogue silent = clientOf(proxy);
        await().until(() -> proxy.activeSessions() == 1);
        await().until(() -> isGreetedInTls(proxy));
        silent.hearsTheEnd();
        assertThat(log.lines()).noneMatch(line -> line.contains("no TLS"));
    }

    private boolean isGreetedInTls(SmtpProxy proxy) {
        try {
            clientOf(proxy).secures(Certificate.LOCAL.trusted()).hears("220");
            return true;
        } catch (AssertionError turnedAway) {
            return false;
        }
    }

    @Test
    void one_in_its_envelope_goes_where_nobody_else_is_idle_and_nothing_is_delivered() {
        SmtpProxy proxy = started(ONE);
        Dialogue slow = clientOf(proxy).greets().envelope();
        newcomer(proxy);
        slow.hearsLine(GONE).hearsTheEnd();
        await().untilAsserted(() -> assertThat(told).containsExactly("- LIMIT " + GONE, "REFUSED"));
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void one_in_its_message_stays_and_the_next_is_turned_away() {
        SmtpProxy proxy = started(ONE);
        Dialogue client =
                clientOf(proxy).greets().envelope().says("DATA").hears("354").says("hello");
        clientOf(proxy).hearsLine(TURNED_AWAY).hearsTheEnd();
        client.says(".").hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(told).containsExactly("DELIVERED");
    }

    @Test
    void one_between_the_chunks_of_its_message_stays() {
        destination.takesChunks();
        SmtpProxy proxy = started(ONE);
        Dialogue client =
                clientOf(proxy).greets().envelope().says("BDAT 2").sends("hi").hears("250");
        clientOf(proxy).hearsLine(TURNED_AWAY).hearsTheEnd();
        client.says("BDAT 2 LAST").sends("\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("hi\r\n");
    }

    @Test
    void no_throttle_delays_the_end_of_one_that_goes() {
        SmtpProxy proxy = started(stressed(ONE, Stress.defaults())
                .throttle(step -> step instanceof Step.Refusal ? Pace.after(Duration.ofMinutes(10)) : Pace.go()));
        Dialogue idle = clientOf(proxy).greets();
        newcomer(proxy);
        idle.hearsLine(GONE).hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void one_that_is_delayed_gives_its_place_to_the_next(boolean held) {
        Duration delay = Duration.ofMinutes(1);
        Throttle throttle = held
                ? Tarpit.perError(delay).upTo(delay)
                : step -> step instanceof Step.Refusal ? Pace.after(delay) : Pace.go();
        SmtpProxy proxy = started(stressed(ONE, Stress.defaults()).throttle(throttle));
        Dialogue slow =
                clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("250");
        destination.on("RCPT TO:<nobody@dest.test>").reply("550 5.1.1 No such user");
        slow.says("RCPT TO:<nobody@dest.test>");
        newcomer(proxy);
        slow.hears("550 5.1.1").hearsLine(GONE).hearsTheEnd();
    }

    @Test
    void a_client_has_less_time_for_its_next_command() {
        SmtpProxy proxy = started(stressed(ONE, Stress.defaults().clientCommand(Duration.ofMillis(1))));
        clientOf(proxy).hears("220").hears("421 4.4.2 ").hearsTheEnd();
    }

    @Test
    void a_client_has_fewer_errors() {
        Dialogue client = clientOf(started(ONE)).greets();
        client.says("NONSENSE").hears("500").says("NONSENSE").hears("421 4.7.0 Too many errors");
    }

    @Test
    void all_is_as_usual_while_there_is_room() {
        SmtpProxy proxy =
                started(stressed(ENDPOINT.maxConnections(2), Stress.defaults().clientCommand(Duration.ofMillis(1))));
        Dialogue client = clientOf(proxy).greets();
        client.says("NONSENSE")
                .hears("500")
                .says("NONSENSE")
                .hears("500")
                .says("NOOP")
                .hears("250");
        assertThat(log.lines()).noneMatch(line -> line.contains("run short"));
    }

    @Test
    void the_score_is_asked_at_each_mail_and_may_fail() {
        List<String> asked = new CopyOnWriteArrayList<>();
        SmtpProxy proxy = started(stressed(ONE, Stress.defaults().score(session -> {
            asked.add(session.hello().orElseThrow().name());
            throw new IllegalStateException("no score");
        })));
        clientOf(proxy).greets().envelope();
        assertThat(asked).containsExactly("client.test");
        assertThat(log.traces()).hasSize(1);
    }

    @Test
    void settings_are_checked_with_their_names() {
        Stress stress = Stress.defaults();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stress.from(0))
                .withMessage("from must be between 1 and 100, was 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stress.from(101))
                .withMessage("from must be between 1 and 100, was 101");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stress.clientCommand(Duration.ZERO))
                .withMessageStartingWith("clientCommand must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stress.maxErrors(0))
                .withMessage("maxErrors must be between 1 and 1000000, was 0");
        assertThat(stress.from(50).from()).isEqualTo(50);
    }
}
