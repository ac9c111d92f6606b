package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Servers of a group that are killed and revived under load, by a schedule made of a seed. */
@Timeout(180)
class FailoverTest extends ProxyTest {

    private static final int CLIENTS = 8;
    private static final int MESSAGES = 50;
    /** After so many messages something happens to a server. */
    private static final int APART = 15;

    private final List<ScriptedDestination> servers = List.of(destination, anotherDestination(), anotherDestination());
    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final Logger log = (Logger) LoggerFactory.getLogger("io.github.smtpproxy");
    private SmtpProxy proxy;

    @BeforeEach
    void silence() {
        // hundreds of lines about servers that are gone
        log.setLevel(Level.OFF);
    }

    @AfterEach
    void close() {
        log.setLevel(null);
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_is_told_delivered_is_delivered_once_and_load_returns(boolean pooled) throws InterruptedException {
        DestinationGroup group = DestinationGroup.of(
                        servers.stream().map(ScriptedDestination::destination).toList())
                .balancer(Balancer.roundRobin());
        SmtpProxyBuilder builder = proxy(ENDPOINT, Router.to(group)).probe(Duration.ofSeconds(1));
        proxy = started(pooled ? builder.multiplexing(Pool.max(3)) : builder);
        Random schedule = new Random(7);
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            Thread client = new Thread(() -> talk(number), "client " + i);
            clients.add(client);
            client.start();
        }
        for (int at = APART; at < CLIENTS * MESSAGES; at += APART) {
            int when = at;
            await().pollInterval(Duration.ofMillis(1))
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> sent.get() >= when);
            happens(servers.get(schedule.nextInt(servers.size())), schedule.nextInt(5));
        }
        for (Thread client : clients) {
            client.join();
        }
        servers.forEach(FailoverTest::revive);
        deliveredOnce();
        loadReturns();
    }

    private static void happens(ScriptedDestination server, int what) {
        switch (what) {
            case 0 -> {
                server.on("connect").fail(Fault.CLOSE);
                server.closeConnections();
            }
            case 1 -> server.closeConnections();
            case 2 -> server.on("EHLO").reply("451 4.3.2 busy");
            case 3 -> server.on("RSET").fail(Fault.CLOSE);
            default -> revive(server);
        }
    }

    private static void revive(ScriptedDestination server) {
        server.on("connect").reply("220 dest.test ESMTP");
        server.on("RSET").reply("250 2.0.0 Reset");
        server.on("EHLO").reply("250-dest.test", "250 PIPELINING");
    }

    private void talk(int client) {
        for (int i = 0; i < MESSAGES; i++) {
            String token = "m" + client + "-" + i;
            try (Dialogue session = Dialogue.with(proxy.address())) {
                session.greets()
                        .envelope()
                        .says("DATA")
                        .hears("354")
                        .says(token)
                        .says(".")
                        .hears("250");
                told.add(token);
            } catch (AssertionError refusedOrBroken) {
                // nothing was promised
            }
            sent.incrementAndGet();
        }
    }

    private Stream<String> delivered() {
        return servers.stream().flatMap(s -> s.messages().stream()).map(String::strip);
    }

    private void deliveredOnce() {
        assertThat(delivered().toList()).doesNotHaveDuplicates().containsAll(told);
        assertThat(told).hasSizeGreaterThan(CLIENTS * MESSAGES / 2);
    }

    private void loadReturns() {
        List<Integer> before = servers.stream().map(s -> s.messages().size()).toList();
        await().atMost(Duration.ofMinutes(1)).until(() -> {
            talk(CLIENTS);
            return Stream.iterate(0, i -> i + 1)
                    .limit(servers.size())
                    .allMatch(i -> servers.get(i).messages().size() > before.get(i));
        });
    }
}
