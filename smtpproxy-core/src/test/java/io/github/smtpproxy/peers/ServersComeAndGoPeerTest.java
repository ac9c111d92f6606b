package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three Postfix and a scripted server are killed, stalled and revived while clients send: what a client was told 250 for is
 * delivered, nothing is delivered by two transactions, and what was refused is not delivered. {@code
 * -Dsmtpproxy.soak.seconds} says how long, {@code -Dsmtpproxy.soak.seed} by which schedule.
 */
@Tag("servers")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ServersComeAndGoPeerTest {

    private static final Duration LASTING = Duration.ofSeconds(Integer.getInteger("smtpproxy.soak.seconds", 8));
    private static final long SEED = Long.getLong("smtpproxy.soak.seed", 5321);
    private static final int CLIENTS = Integer.getInteger("smtpproxy.soak.clients", 12);
    private static final Pattern QUEUE_ID = Pattern.compile("\\bE?SMTP id (\\w+)");

    private final List<PostfixServer> postfixes = new ArrayList<>();
    private final List<String> schedule = new ArrayList<>();
    private ScriptedDestination scripted;

    @BeforeEach
    void start() {
        for (int i = 0; i < 3; i++) {
            postfixes.add(PostfixServer.start(
                    "smtpd_client_connection_count_limit = 50",
                    // what a killed delivery leaves behind is tried again at once
                    "minimal_backoff_time = 1s",
                    "maximal_backoff_time = 2s",
                    "queue_run_delay = 1s",
                    "transport_retry_time = 1s"));
        }
        scripted = ScriptedDestination.start().takesChunks();
    }

    @AfterEach
    void stop() {
        scripted.close();
        postfixes.forEach(PostfixServer::close);
    }

    private SmtpProxy proxy(boolean multiplexing) {
        List<Destination> servers = new ArrayList<>();
        postfixes.forEach(p -> servers.add(p.destination()));
        servers.add(scripted.destination());
        Duration soon = Duration.ofSeconds(2);
        SmtpProxyBuilder builder = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test").received(false))
                .router(Router.to(DestinationGroup.of(servers).balancer(Balancer.twoChoices())))
                .probe(Duration.ofSeconds(1))
                .timeouts(Timeouts.defaults()
                        .connect(soon)
                        .greeting(soon)
                        .command(soon)
                        .dataCommand(soon)
                        .finalDot(soon));
        return (multiplexing ? builder.multiplexing(Pool.max(5)) : builder).start();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothing_is_lost_and_nothing_comes_twice(boolean multiplexing) throws Exception {
        try (SmtpProxy proxy = proxy(multiplexing)) {
            TokenClients clients = TokenClients.start(proxy.address(), CLIENTS);
            disturb();
            revive(clients);
            clients.stop();
            account(clients.fates());
        }
    }

    /** What happens to the servers: each change after a while of its own, all by the seed. */
    private void disturb() {
        Random random = new Random(SEED);
        long end = System.nanoTime() + LASTING.toNanos();
        while (System.nanoTime() < end) {
            int which = random.nextInt(postfixes.size() + 1);
            int what = random.nextInt(4);
            schedule.add(which + ":" + what);
            if (which == postfixes.size()) {
                disturbScripted(what);
            } else {
                disturb(postfixes.get(which), what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(400)));
        }
    }

    private static void disturb(PostfixServer postfix, int what) {
        switch (what) {
            case 0 -> {
                postfix.kill();
                postfix.restart();
            }
            case 1 -> {
                postfix.kill();
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                postfix.restart();
            }
            default -> {
                postfix.stall();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(what == 2 ? 500 : 3_000));
                postfix.goOn();
            }
        }
    }

    private void disturbScripted(int what) {
        switch (what) {
            case 0 -> scripted.closeConnections();
            case 1 -> scripted.on("connect").reply("421 4.3.2 dest.test is busy");
            case 2 -> scripted.on("MAIL").fail(Fault.CLOSE);
            default -> reviveScripted();
        }
    }

    private void reviveScripted() {
        scripted.on("connect").reply("220 dest.test ESMTP");
        scripted.on("MAIL").reply("250 2.1.0 Sender ok");
    }

    /** Load returns to each of them. */
    private void revive(TokenClients clients) {
        reviveScripted();
        List<Integer> before = new ArrayList<>();
        postfixes.forEach(p -> before.add(p.mailsUntilNow("alice").size()));
        int messages = scripted.messages().size();
        await().atMost(Duration.ofMinutes(6)).untilAsserted(() -> {
            for (int i = 0; i < postfixes.size(); i++) {
                assertThat(postfixes.get(i).mailsUntilNow("alice"))
                        .as("server %d", i)
                        .hasSizeGreaterThan(before.get(i) + 5);
            }
            assertThat(scripted.messages()).hasSizeGreaterThan(messages);
        });
        assertThat(clients.fates().size()).isPositive();
    }

    private void account(Map<Integer, TokenClients.Fate> fates) {
        Set<Integer> accepted = new HashSet<>();
        fates.forEach((token, fate) -> {
            if (fate == TokenClients.Fate.ACCEPTED) {
                accepted.add(token);
            }
        });
        await().atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    Set<Integer> missing = new HashSet<>(accepted);
                    missing.removeAll(arrivals().keySet());
                    assertThat(missing)
                            .as("accepted and not delivered, by %s", schedule)
                            .isEmpty();
                });
        Map<Integer, Set<String>> arrived = arrivals();
        assertThat(arrived).allSatisfy((token, transactions) -> {
            assertThat(transactions)
                    .as("transactions of %d, by %s", token, schedule)
                    .hasSize(1);
            assertThat(fates.get(token))
                    .as("what the client of %d was told", token)
                    .isNotEqualTo(TokenClients.Fate.REFUSED);
        });
        assertThat(accepted).hasSizeGreaterThan(fates.size() / 4);
    }

    /** The transactions by which each message came: Postfix itself may deliver one twice after a crash. */
    private Map<Integer, Set<String>> arrivals() {
        Map<Integer, Set<String>> all = new HashMap<>();
        for (int i = 0; i < postfixes.size(); i++) {
            for (String mail : postfixes.get(i).mailsUntilNow("alice")) {
                Matcher id = QUEUE_ID.matcher(mail);
                assertThat(id.find()).as(mail).isTrue();
                all.computeIfAbsent(TokenClients.tokenIn(mail), t -> new HashSet<>())
                        .add(i + " " + id.group(1));
            }
        }
        int n = 0;
        for (String message : scripted.messages()) {
            all.computeIfAbsent(TokenClients.tokenIn(message), t -> new HashSet<>())
                    .add("scripted " + n++);
        }
        return all;
    }
}
