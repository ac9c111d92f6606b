package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.reputation.RefuseDisreputable;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.DiscardingDestination;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.SetClock;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.LimitTransactions;
import io.github.smtpproxy.throttling.Throttles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two proxies with a Redis in common, and their clients. */
@Tag("servers")
@Timeout(180)
class SharingProxiesPeerTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int CLIENTS = 24;
    private static final String GREYLISTED = "451 4.7.1 Greylisted";

    private final NothingLeft ending = new NothingLeft();
    private final RedisServer redis = RedisServer.start();
    private final DiscardingDestination destination = DiscardingDestination.start();
    private final List<RedisState> states = new ArrayList<>();
    private final List<Dialogue> clients = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void nothing_is_left() throws IOException {
        ended.set(true);
        clients.forEach(Dialogue::close);
        threads.shutdown();
        ending.close();
        states.forEach(RedisState::close);
        destination.close();
        redis.close();
    }

    private SmtpProxyBuilder builder(RedisState state) {
        states.add(state);
        return SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).received(false))
                .router(Router.to(destination.destination()))
                .sharedState(state);
    }

    /** Nothing counts in the place of Redis. */
    private List<SmtpProxy> two(Consumer<SmtpProxyBuilder> settings) {
        return IntStream.range(0, 2)
                .mapToObj(i -> builder(RedisState.at(redis.uri())
                        .timeout(Duration.ofSeconds(5))
                        .lease(LONG)
                        .localLimits(new CountedLimits())))
                .peek(settings)
                .map(ending::start)
                .toList();
    }

    private Dialogue clientOf(SmtpProxy proxy) {
        Dialogue client = Dialogue.with(proxy.address());
        clients.add(client);
        return client;
    }

    private List<CompletableFuture<Void>> run(List<SmtpProxy> proxies, int clients, Consumer<SmtpProxy> client) {
        return IntStream.range(0, clients)
                .mapToObj(i -> proxies.get(i % proxies.size()))
                .map(proxy -> CompletableFuture.runAsync(() -> client.accept(proxy), threads))
                .toList();
    }

    @Test
    void they_hold_one_rate_together_within_5_percent() {
        Rate rate = Rate.of(30, Duration.ofSeconds(1));
        List<SmtpProxy> proxies =
                two(proxy -> proxy.throttle(LimitRate.of(Counted.MESSAGES).to(rate)));
        Measured passed = new Measured(300);
        run(proxies, 4, proxy -> mailWhile(passed, proxy)).forEach(CompletableFuture::join);
        assertThat(passed.perSecond()).isBetween(rate.amount() * 0.95, rate.amount() * 1.05);
    }

    private static void mailWhile(Measured passed, SmtpProxy proxy) {
        try (Dialogue client = Dialogue.with(proxy.address()).greets()) {
            while (passed.goesOn()) {
                String reply = client.says("MAIL FROM:<a@x.test>").reply().get(0);
                if (reply.startsWith("250")) {
                    passed.one();
                    client.says("RSET").hears("250");
                } else {
                    assertThat(reply).startsWith("450 4.7.1 Too many messages");
                    passed.refused();
                    LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
                }
            }
            client.says("QUIT").hears("221");
        }
    }

    /** How many pass in a second, once the burst is used up. */
    private static final class Measured {
        private final int enough;
        private int passed;
        private boolean began;
        private long start;
        private long end;

        Measured(int enough) {
            this.enough = enough;
        }

        synchronized boolean goesOn() {
            return passed < enough;
        }

        synchronized void one() {
            passed += began ? 1 : 0;
            end = passed == enough ? System.nanoTime() : end;
        }

        synchronized void refused() {
            start = began ? start : System.nanoTime();
            began = true;
        }

        synchronized double perSecond() {
            return enough / ((end - start) / 1e9);
        }
    }

    @Test
    void they_hold_one_number_of_sessions_at_once_together() {
        List<SmtpProxy> proxies =
                two(proxy -> proxy.throttle(LimitSessions.by(LimitKey.client()).to(20)));
        List<Dialogue> all = IntStream.range(0, 40)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Dialogue.with(addressOf(proxies, i)), threads))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        clients.addAll(all);
        List<Dialogue> greeted =
                all.stream().filter(c -> c.reply().get(0).startsWith("220")).toList();
        assertThat(greeted).hasSize(20);
        greeted.get(0).says("QUIT").hears("221").hearsTheEnd();
        await().atMost(LONG).until(() -> active(proxies) == 19);
        clientOf(proxies.get(1)).hears("220");
        clientOf(proxies.get(0)).hears("421 4.7.0 Too many sessions at once");
    }

    private static InetSocketAddress addressOf(List<SmtpProxy> proxies, int i) {
        return proxies.get(i % proxies.size()).address();
    }

    private static int active(List<SmtpProxy> proxies) {
        return proxies.stream().mapToInt(SmtpProxy::activeSessions).sum();
    }

    @Test
    void who_tried_at_one_passes_at_the_other() {
        SetClock clock = new SetClock();
        Duration delay = Duration.ofMinutes(5);
        List<SmtpProxy> proxies = two(proxy ->
                proxy.filter(Greylist.after(delay).exempt(Clients.none()).clock(clock)));
        recipient(proxies.get(0), GREYLISTED);
        recipient(proxies.get(1), GREYLISTED);
        clock.pass(delay);
        recipient(proxies.get(1), "250");
        recipient(proxies.get(0), "250");
    }

    private void recipient(SmtpProxy proxy, String reply) {
        clientOf(proxy)
                .greets()
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears(reply);
    }

    @Test
    void no_session_fails_because_redis_is_killed_and_revived() {
        try (CapturedLog log = new CapturedLog()) {
            List<SmtpProxy> proxies = IntStream.range(0, 2)
                    .mapToObj(i -> all(builder(RedisState.at(redis.uri()).timeout(Duration.ofSeconds(2)))))
                    .map(ending::start)
                    .toList();
            AtomicInteger delivered = new AtomicInteger();
            List<CompletableFuture<Void>> load = run(proxies, CLIENTS, proxy -> {
                while (!ended.get()) {
                    mail(proxy, delivered);
                }
            });
            goesOn(delivered, load);
            redis.kill();
            await().atMost(LONG).until(() -> said(log, " is away") == 2);
            goesOn(delivered, load);
            redis.revive();
            await().atMost(LONG).until(() -> said(log, " is back") == 2);
            goesOn(delivered, load);
            ended.set(true);
            load.forEach(CompletableFuture::join);
            assertThat(said(log, " is away") + said(log, " is back")).isEqualTo(4);
            assertThat(log.lines(Level.WARN)).hasSize(2);
            assertThat(log.lines(Level.ERROR)).isEmpty();
            assertThat(log.traces()).isEmpty();
        }
    }

    private static long said(CapturedLog log, String what) {
        return log.lines().stream()
                .filter(line -> line.startsWith("redis://") && line.contains(what))
                .count();
    }

    /** All that can be shared, with limits that nobody reaches. */
    private static SmtpProxyBuilder all(SmtpProxyBuilder proxy) {
        Reputation reputation = Reputation.inMemory().ignoring(Clients.none());
        Throttle limits = Throttles.all(
                LimitRate.of(Counted.MESSAGES).to(Rate.parse("1000000/s")),
                LimitRate.of(Counted.CONNECTIONS).to(Rate.parse("1000000/s")),
                LimitSessions.by(LimitKey.client()).to(1000),
                LimitTransactions.by(LimitKey.client()).to(1000));
        return proxy.throttle(limits)
                .listener(reputation)
                .filter(RefuseDisreputable.below(-20, reputation).exempt(Clients.none()))
                .filter(Greylist.after(Duration.ofMillis(1)).exempt(Clients.none()));
    }

    /** A proxy that is alone knows nobody yet, and defers whom it does not know. */
    private static void mail(SmtpProxy proxy, AtomicInteger delivered) {
        try (Dialogue client = Dialogue.with(proxy.address()).greets()) {
            client.says("MAIL FROM:<a@x.test>").hears("250").says("RCPT TO:<b@dest.test>");
            String reply = client.reply().get(0);
            if (!reply.startsWith(GREYLISTED)) {
                assertThat(reply).startsWith("250");
                client.says("DATA").hears("354");
                client.sends("Subject: one\r\n\r\nHello\r\n.\r\n").hears("250");
                delivered.incrementAndGet();
            }
            client.says("QUIT").hears("221").hearsTheEnd();
        }
    }

    private static void goesOn(AtomicInteger delivered, List<CompletableFuture<Void>> load) {
        int before = delivered.get();
        await().atMost(LONG)
                .until(() -> delivered.get() > before + 5 * CLIENTS
                        || load.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
        assertThat(load).noneMatch(CompletableFuture::isCompletedExceptionally);
    }
}
