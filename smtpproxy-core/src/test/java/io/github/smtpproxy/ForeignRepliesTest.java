package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies of code of others: of classes of their own, kept from earlier commands, copies of ours. */
@Timeout(60)
class ForeignRepliesTest extends ProxyTest {

    private static final String REFUSED = "550 5.1.1 No such user";

    /** A reply that has other lines at each look, and in the end throws. */
    private static Reply changing(String... looks) {
        Iterator<String> lines = List.of(looks).iterator();
        return () -> {
            if (!lines.hasNext()) {
                throw new IllegalStateException("looked at too often");
            }
            return List.of(lines.next());
        };
    }

    private Dialogue rcpt(SmtpProxyBuilder builder) {
        return clientOf(builder)
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>");
    }

    private static Filter returning(Reply reply) {
        return new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                next.proceed(rcpt);
                return reply;
            }
        };
    }

    @Test
    void one_that_changes_accepts_nobody_whom_the_destination_refused() {
        destination.on("RCPT").reply(REFUSED);
        for (int equal = 0; equal < 3; equal++) {
            for (int refusing = 0; refusing < 6; refusing++) {
                try (CapturedLog log = new CapturedLog()) {
                    Dialogue client = rcpt(proxy().filter(returning(changing(looks(equal, refusing)))));
                    assertThat(client.reply().get(0)).matches("(451 4.3.0|55[01]) .*");
                    client.says("NOOP").hears("250");
                    assertThat(log.traces()).isEmpty();
                }
            }
        }
    }

    private static String[] looks(int equal, int refusing) {
        String[] looks = new String[equal + refusing + 3];
        for (int i = 0; i < looks.length; i++) {
            looks[i] = i < equal ? REFUSED : i < equal + refusing ? "551 5.7.1 Ask elsewhere" : "250 2.1.5 Welcome";
        }
        return looks;
    }

    @Test
    void one_of_a_throttle_that_throws_when_it_is_looked_at_is_a_failure_of_the_throttle() {
        Throttle throttle = step -> step instanceof Step.Rcpt ? Pace.refuse(changing()) : Pace.go();
        try (CapturedLog log = new CapturedLog()) {
            rcpt(proxy().throttle(throttle)).hears("250");
            assertThat(log.lines(Level.ERROR)).singleElement().asString().contains("failed at Rcpt");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"450 4.7.1 Later", "451 4.7.1 Later"})
    void one_of_a_throttle_is_read_once(String reply) {
        Throttle throttle = step -> step instanceof Step.Rcpt ? Pace.refuse(changing(reply)) : Pace.go();
        rcpt(proxy().throttle(throttle)).hearsLine(reply);
    }

    @Test
    void one_of_a_router_that_throws_when_it_is_looked_at_is_a_failure_of_the_router() {
        Router router = new Router() {
            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.refuse(changing("450 4.7.1 Later"));
            }

            @Override
            public Set<Target> reach() {
                return Set.of(destination.destination());
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            rcpt(proxy(ENDPOINT, router)).hears("451 4.3.0").says("NOOP").hears("250");
            assertThat(log.lines()).anyMatch(line -> line.contains("failed at a route"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "false, 250 2.1.5 Ok, 451 4.3.0",
        "false, 550 5.1.1 No, 550 5.1.1",
        "true, 252 2.1.5 Other words, 451 4.3.0",
        "true, 550 5.1.1 No, 451 4.3.0"
    })
    void one_to_an_earlier_command_which_is_still_pending_accepts_no_later_one(
            boolean proceeds, String first, String second) {
        destination.on("RCPT TO:<b@dest.test>").reply(first);
        AtomicReference<Reply> kept = new AtomicReference<>();
        Filter filter = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                if (kept.get() == null) {
                    kept.set(next.proceed(rcpt));
                } else if (proceeds) {
                    next.proceed(rcpt);
                }
                return kept.get();
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy().filter(filter)).greets();
            client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                    .hears("250")
                    .hearsLine(first)
                    .hears(second);
            assertThat(log.traces()).isEmpty();
        }
    }

    @Test
    void a_copy_of_a_challenge_is_as_good_as_the_challenge() {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("YWxpY2U=").reply("235 2.7.0 Welcome");
        Filter copying = new Filter() {
            @Override
            public Reply auth(Auth auth, Chain<Auth> next) {
                Reply reply = next.proceed(auth);
                assertThat(reply).hasToString("334 VXNlcm5hbWU6");
                return Reply.copyOf(reply);
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            clientOf(proxy().filter(copying))
                    .greets()
                    .says("AUTH LOGIN")
                    .hears("334")
                    .says("YWxpY2U=")
                    .hears("235")
                    .envelope();
            assertThat(log.lines(Level.ERROR)).isEmpty();
        }
    }
}
