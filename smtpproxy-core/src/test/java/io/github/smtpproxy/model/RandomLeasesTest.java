package io.github.smtpproxy.model;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.model.TokenServer.Manner;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.slf4j.LoggerFactory;

/**
 * Sessions that lease the connections of a small pool, in any order of their commands, against a server whose replies are late,
 * too many, broken or missing, and clients that leave: no reply reaches another session than its own.
 */
class RandomLeasesTest {

    private static final int SESSIONS = 4;
    private static final int AT_ONCE = 8;
    private static final Pattern TOKEN = Pattern.compile("\\bt(\\d+)\\b");
    private static final Logger log = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");

    /** What one session does next. */
    enum Act {
        MAIL,
        RCPT,
        MESSAGE,
        CHUNK,
        GROUP,
        RSET,
        /** Sends a command and leaves without its reply. */
        MAIL_AND_LEAVE,
        RCPT_AND_LEAVE,
        MESSAGE_AND_LEAVE,
        LEAVE
    }

    /**
     * One step.
     *
     * @param session which of them
     * @param manner how the server answers it
     */
    record Move(int session, Act act, Manner manner) {}

    @BeforeContainer
    static void silence() {
        // a line for each connection that is lost, as wanted
        log.setLevel(Level.OFF);
    }

    @AfterContainer
    static void speak() {
        log.setLevel(null);
    }

    @Provide
    Arbitrary<List<Move>> moves() {
        Arbitrary<Act> acts = Arbitraries.frequency(
                Tuple.of(6, Act.MAIL),
                Tuple.of(6, Act.RCPT),
                Tuple.of(5, Act.MESSAGE),
                Tuple.of(2, Act.CHUNK),
                Tuple.of(2, Act.GROUP),
                Tuple.of(2, Act.RSET),
                Tuple.of(1, Act.MAIL_AND_LEAVE),
                Tuple.of(1, Act.RCPT_AND_LEAVE),
                Tuple.of(1, Act.MESSAGE_AND_LEAVE),
                Tuple.of(1, Act.LEAVE));
        Arbitrary<Manner> manners = Arbitraries.frequency(
                Tuple.of(12, Manner.RIGHT),
                Tuple.of(2, Manner.REFUSED),
                Tuple.of(2, Manner.LATE),
                Tuple.of(1, Manner.TWICE),
                Tuple.of(1, Manner.GARBAGE),
                Tuple.of(1, Manner.HALF),
                Tuple.of(1, Manner.LOST));
        return Combinators.combine(Arbitraries.integers().between(0, SESSIONS - 1), acts, manners)
                .as(Move::new)
                .list()
                .ofMinSize(8)
                .ofMaxSize(40);
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF, seed = "5321")
    void no_reply_reaches_another_session(@ForAll("moves") List<Move> moves) throws IOException {
        try (TokenServer server = TokenServer.start();
                SmtpProxy proxy = proxy(server)) {
            List<TokenSession> sessions = new ArrayList<>();
            int made = 0;
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(new TokenSession(proxy.address(), made++));
            }
            for (Move move : moves) {
                if (sessions.get(move.session()).act(move, server)) {
                    sessions.set(move.session(), new TokenSession(proxy.address(), made++));
                }
            }
            for (TokenSession session : sessions) {
                session.close();
            }
            assertThat(server.mixed()).isEmpty();
        }
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF, seed = "5321")
    void nor_does_one_of_sessions_at_the_same_time(@ForAll("moves") List<Move> moves) throws Exception {
        try (TokenServer server = TokenServer.start();
                SmtpProxy proxy = proxy(server)) {
            List<FutureTask<Void>> sessions = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                int first = i * SESSIONS;
                List<Move> turned = new ArrayList<>(moves);
                Collections.rotate(turned, i);
                FutureTask<Void> session = new FutureTask<>(() -> run(turned, first, server, proxy), null);
                sessions.add(session);
                new Thread(session, "session-" + i).start();
            }
            for (FutureTask<Void> session : sessions) {
                session.get();
            }
            assertThat(server.mixed()).isEmpty();
        }
    }

    /** One session after the other, whichever a move is of. */
    private static void run(List<Move> moves, int token, TokenServer server, SmtpProxy proxy) {
        try {
            int made = token * 100;
            TokenSession session = new TokenSession(proxy.address(), made++);
            for (Move move : moves) {
                if (session.act(move, server)) {
                    session.close();
                    session = new TokenSession(proxy.address(), made++);
                }
            }
            session.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SmtpProxy proxy(TokenServer server) {
        return SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test").received(false))
                .router(Router.to(server.destination().helloName(HelloName.own())))
                .timeouts(Timeouts.defaults().command(Duration.ofSeconds(10)))
                .multiplexing(Pool.max(2).waiting(Duration.ofMillis(50)))
                .start();
    }

    /** What a session reads is of its own token, or the proxy's own. */
    static void isOwn(String reply, int token) {
        Matcher named = TOKEN.matcher(reply);
        while (named.find()) {
            assertThat(named.group(1)).as(reply).isEqualTo(Integer.toString(token));
        }
    }
}
