package io.github.smtpproxy.model;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Ports;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Sessions that nobody thought of: pipelined dialogues with chunks, RSET, EHLO and breaks, against destinations that
 * refuse, break off, talk nonsense and say what nobody asked for, past filters and throttles and along all routes. Each
 * is held to the three laws. {@code -Dsmtpproxy.model.sessions} says how many, {@code -Dsmtpproxy.model.seed} which one
 * alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RandomSessionsTest {

    private static final int SESSIONS = Integer.getInteger("smtpproxy.model.sessions", 6_000);
    private static final long ONE = Long.getLong("smtpproxy.model.seed", -1);
    private static final String ADDED = "good-added@one.test";
    private static final String FOOTER = "-- \r\nfooter\r\n";

    private final WhimsicalDestination first = WhimsicalDestination.start();
    private final WhimsicalDestination second = WhimsicalDestination.start();
    private final Logger log = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final Semaphore ended = new Semaphore(0);

    /** How far the proxy looks into messages. */
    enum Looking {
        NOT_AT_ALL,
        SIZE,
        OPENED,
        KEPT_UP_TO_A_SIZE,
        REPLACED,
        READDRESSED;

        boolean readsFate() {
            return this != NOT_AT_ALL;
        }

        Message at(Message message) {
            return switch (this) {
                case NOT_AT_ALL, SIZE -> message;
                case OPENED -> opened(message);
                case KEPT_UP_TO_A_SIZE -> kept(message);
                case READDRESSED -> message.withRecipient(RcptTo.of(Mailbox.parse(ADDED)));
                case REPLACED ->
                    message.withContent(() -> new SequenceInputStream(
                            message.content().open(), new ByteArrayInputStream(Draft.octets(FOOTER))));
            };
        }

        private static Message opened(Message message) {
            try (InputStream body = message.content().open()) {
                body.transferTo(OutputStream.nullOutputStream());
                return message;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Most of them are larger, and of those that come in chunks some are larger than may be kept. */
        private static Message kept(Message message) {
            return message.keepUpTo(150) ? opened(message) : message;
        }

        Endpoint at(Endpoint endpoint) {
            return this == KEPT_UP_TO_A_SIZE ? endpoint.spool(20, 200) : endpoint;
        }

        UnaryOperator<String> change() {
            return this == REPLACED ? m -> m + FOOTER : m -> m;
        }

        Optional<String> added() {
            return this == READDRESSED ? Optional.of(ADDED) : Optional.empty();
        }
    }

    @BeforeAll
    void silence() {
        // thousands of lines about destinations that are lost, as drafted
        log.setLevel(Level.OFF);
    }

    @AfterAll
    void end() {
        log.setLevel(null);
        first.close();
        second.close();
    }

    private List<Router> routers() {
        Destination one = Destination.at("127.0.0.1", first.port());
        Destination two = Destination.at("127.0.0.1", second.port());
        Destination down = Ports.unreachable();
        return List.of(
                Router.to(one),
                Router.bySenderDomain()
                        .route("one.test", one)
                        .route("two.test", two)
                        .route("down.test", down),
                Router.byRecipientDomain()
                        .route("one.test", one)
                        .route("two.test", two)
                        .route("down.test", down));
    }

    private SmtpProxy proxy(Router router, Looking looking, boolean pooled) {
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(looking.at(Endpoint.at("127.0.0.1", 0).hostname("proxy.test")))
                .router(router)
                .throttle(Fate.throttle())
                .filter(new Fate.OfCommands())
                .listener(new ProxyListener() {
                    @Override
                    public void transactionEnded(Transaction transaction, Outcome outcome) {
                        outcomes.add(outcome);
                    }

                    @Override
                    public void sessionEnded(Session session) {
                        ended.release();
                    }
                });
        if (pooled) {
            // one for all sessions, so that what one of them leaves behind meets the next
            builder.multiplexing(Pool.max(1).transactions(7));
        }
        if (looking.readsFate()) {
            builder.filter(LimitSize.to(5_000_000)).filter(new Fate.OfMessages(looking::at));
        }
        return builder.start();
    }

    @ParameterizedTest
    @EnumSource
    void the_laws_hold(Looking looking) throws Exception {
        holdsTheLaws(looking, false, SESSIONS);
    }

    @ParameterizedTest
    @EnumSource
    void the_laws_hold_on_shared_connections(Looking looking) throws Exception {
        holdsTheLaws(looking, true, SESSIONS / 2);
    }

    private void holdsTheLaws(Looking looking, boolean pooled, int sessions) throws Exception {
        List<SmtpProxy> proxies = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        int routers = 3;
        try {
            routers().forEach(r -> proxies.add(proxy(r, looking, pooled)));
            long delivered = 0;
            int each = sessions / Looking.values().length;
            for (long seed = 0; seed < each; seed++) {
                if (ONE < 0 || seed == ONE) {
                    delivered += run(seed, proxies.get((int) (seed % routers)), looking, pooled, faults);
                }
                if (faults.size() > 5) {
                    break;
                }
            }
            assertThat(String.join("\n\n", faults)).isEmpty();
            // a draft in which hardly anything passes would prove little
            assertThat(delivered).isGreaterThan(ONE < 0 ? each / 5 : -1);
        } finally {
            proxies.forEach(SmtpProxy::close);
        }
    }

    /** @return how many messages were delivered */
    private int run(long seed, SmtpProxy proxy, Looking looking, boolean pooled, List<String> faults) throws Exception {
        Draft draft = Draft.of(seed);
        first.begin(seed);
        second.begin(seed + 1);
        outcomes.clear();
        List<Exchange> exchanges = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        try {
            new Client(draft, seed, exchanges).talk(proxy.address());
        } catch (AssertionError heard) {
            broken.add(heard.getMessage());
        }
        if (!ended.tryAcquire(60, TimeUnit.SECONDS)) {
            broken.add("the session does not end");
        }
        if (!pooled && (!first.isLeftAlone(30_000) || !second.isLeftAlone(30_000))) {
            broken.add("a connection to a destination is left");
        }
        List<Delivered> delivered = new ArrayList<>(first.delivered());
        delivered.addAll(second.delivered());
        broken.addAll(new Laws(draft.messages(), delivered, looking.readsFate(), looking.change(), looking.added())
                .check(exchanges));
        long told =
                outcomes.stream().filter(o -> o.result() == Result.DELIVERED).count();
        if (told != delivered.stream().filter(Delivered::clear).count()) {
            broken.add("listeners heard of " + told + " delivered");
        }
        if (!broken.isEmpty()) {
            faults.add(account(seed, looking, broken, exchanges));
        }
        return delivered.size();
    }

    private String account(long seed, Looking looking, List<String> broken, List<Exchange> exchanges) {
        StringBuilder text = new StringBuilder("seed " + seed + ", " + looking + ", route " + seed % 3 + ":\n");
        broken.forEach(b -> text.append("! ").append(b).append('\n'));
        text.append("client:\n");
        exchanges.forEach(e -> text.append("  ").append(e).append('\n'));
        text.append("destinations:\n");
        first.lane().forEach(l -> text.append("  1.").append(l).append('\n'));
        second.lane().forEach(l -> text.append("  2.").append(l).append('\n'));
        return text.append("outcomes: ").append(outcomes).toString();
    }
}
