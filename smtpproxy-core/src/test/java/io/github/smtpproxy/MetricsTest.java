package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.github.smtpproxy.peers.Peer;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a registry has after a conversation. */
@Timeout(60)
class MetricsTest extends ProxyTest {

    private static final String PROMTOOL = "/usr/bin/promtool";
    private static final String LOGIN = "AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l";
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(smtpproxy\\.[a-z.]+)` \\| (\\w+)[^|]* \\| ([^|]+) \\|");
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<SmtpProxy> proxies = new ArrayList<>();
    private final SmtpProxyMetrics metrics = new SmtpProxyMetrics(registry);

    /** Refuses senders, and takes no time for others. */
    private static final class RefuseSpammers implements Filter {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return mail.toString().contains("spam") ? Reply.reject("5.7.1", "No") : next.proceed(mail);
        }
    }

    private static final class SlowDown implements Throttle {
        @Override
        public Pace before(Step step) {
            return step instanceof Step.Rcpt ? Pace.after(Duration.ofMillis(1)) : Pace.go();
        }
    }

    /** So that no idle connection is left. */
    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }

    private SmtpProxy watched(SmtpProxyBuilder builder) {
        SmtpProxy proxy = started(builder.listener(metrics));
        proxies.add(proxy);
        return proxy;
    }

    private SmtpProxy pooled() {
        Endpoint endpoint = ENDPOINT.named("relay")
                .maxConnections(2)
                .plaintextAuthentication(true)
                .failedLoginDelay(Duration.ZERO)
                .authenticate((user, password) -> password.equals("open sesame"));
        return watched(proxy(endpoint)
                .multiplexing(Pool.max(1).waiting(Duration.ofMillis(100)))
                .filter(new RefuseSpammers())
                .throttle(new SlowDown()));
    }

    /** Touches everything; two clients stay. */
    private void converse(SmtpProxy proxy) {
        destination.on("RCPT TO:<x@dest.test>").reply("550 5.1.1 Who?");
        Dialogue first = clientOf(proxy).greets().says(LOGIN).hears("235").envelope();
        first.says("RCPT TO:<x@dest.test>").hears("550");
        Dialogue second = clientOf(proxy).greets().says(LOGIN).hears("235");
        second.says("MAIL FROM:<b@client.test>").hears("451 4.3.2");
        second.says("MAIL FROM:<spam@client.test>").hears("550");
        clientOf(proxy).hears("421").hearsTheEnd();
        first.says("DATA").hears("354").says("hello").says(".").hears("250");
        await().until(() -> count("smtpproxy.pool.connections.usage") == 1);
    }

    private double count(String name, String... tags) {
        return registry.find(name).tags(tags).meters().stream()
                .mapToDouble(m -> m.measure().iterator().next().getValue())
                .sum();
    }

    @Test
    void what_happens_is_counted() {
        converse(pooled());
        String there = destination.destination().toString();
        assertThat(count("smtpproxy.sessions", "endpoint", "relay")).isEqualTo(2);
        assertThat(count("smtpproxy.sessions.active", "endpoint", "relay")).isEqualTo(2);
        assertThat(count("smtpproxy.connections.refused", "refused.by", "limit", "reason", "maxConnections"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.authentications", "mechanism", "PLAIN", "code", "2xx"))
                .isEqualTo(2);
        assertThat(count("smtpproxy.transactions", "outcome", "delivered", "refused.by", "none", "code", "2xx"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.transactions", "outcome", "refused", "refused.by", "filter", "code", "5xx"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.transactions", "outcome", "refused", "refused.by", "proxy", "code", "4xx"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.recipients", "destination", there, "outcome", "accepted"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.recipients", "destination", there, "outcome", "refused"))
                .isEqualTo(1);
        assertThat(registry.get("smtpproxy.message.size").summary().totalAmount())
                .isEqualTo("hello\r\n".length());
        assertThat(count("smtpproxy.destination.connects", "destination", there, "code", "2xx"))
                .isEqualTo(1);
        assertThat(count("smtpproxy.filter", "filter", "RefuseSpammers", "step", "mail"))
                .isEqualTo(3);
        assertThat(registry.get("smtpproxy.throttle.delay")
                        .tags("throttle", "SlowDown", "decision", "delayed")
                        .timer()
                        .totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(2);
    }

    @Test
    void a_pool_is_counted_as_hikari_counts() {
        converse(pooled());
        String[] pool = {"pool", destination.destination().toString()};
        assertThat(count("smtpproxy.pool.connections", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.idle", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.active", pool)).isZero();
        assertThat(count("smtpproxy.pool.connections.pending", pool)).isZero();
        assertThat(count("smtpproxy.pool.connections.max", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.acquire", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.creation", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.usage", pool)).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.timeout", pool)).isEqualTo(1);
    }

    @Test
    void who_waits_for_a_connection_is_pending() {
        SmtpProxy proxy = watched(proxy().multiplexing(Pool.max(1)));
        Dialogue first = clientOf(proxy).greets().envelope();
        Dialogue second = clientOf(proxy).greets().says("MAIL FROM:<b@client.test>");
        await().until(() -> count("smtpproxy.pool.connections.pending") == 1);
        assertThat(count("smtpproxy.pool.connections.active")).isEqualTo(1);
        assertThat(count("smtpproxy.pool.connections.idle")).isZero();
        first.says("RSET").hears("250");
        second.hears("250");
        assertThat(count("smtpproxy.pool.connections.pending")).isZero();
    }

    @Test
    void gauges_are_gone_when_the_last_proxy_is_closed() {
        SmtpProxy one = pooled();
        SmtpProxy other = watched(proxy());
        converse(one);
        one.close();
        assertThat(gauges()).isNotEmpty();
        other.close();
        assertThat(gauges()).isEmpty();
        assertThat(registry.getMeters()).isNotEmpty();
        clientOf(watched(proxy(ENDPOINT.named("again")))).greets();
        assertThat(count("smtpproxy.sessions.active", "endpoint", "again")).isEqualTo(1);
    }

    private List<Meter.Id> gauges() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getType() == Meter.Type.GAUGE)
                .toList();
    }

    @Test
    void the_page_names_what_the_registry_has_and_nothing_else() throws IOException {
        converse(pooled());
        Map<String, String> there = registry.getMeters().stream()
                .map(Meter::getId)
                .collect(Collectors.toMap(Meter.Id::getName, MetricsTest::kindAndTags, (a, b) -> b, TreeMap::new));
        assertThat(there).isEqualTo(table());
    }

    private static String kindAndTags(Meter.Id id) {
        String kind = id.getType() == Meter.Type.DISTRIBUTION_SUMMARY
                ? "summary"
                : id.getType().name().toLowerCase();
        return kind + " " + id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> table() throws IOException {
        return ROW.matcher(page())
                .results()
                .collect(Collectors.toMap(
                        row -> row.group(1),
                        row -> row.group(2) + " " + new TreeSet<>(names(row.group(3))),
                        (a, b) -> a,
                        TreeMap::new));
    }

    private static String page() throws IOException {
        return Files.readString(Path.of("../src/site/markdown/metrics.md"));
    }

    private static List<String> names(String cell) {
        return NAME.matcher(cell).results().map(m -> m.group(1)).toList();
    }

    @Test
    void a_tag_has_no_other_values_than_the_page_says() throws IOException {
        converse(pooled());
        for (String tag : List.of("outcome", "refused.by", "code", "step", "decision")) {
            assertThat(values(tag)).as(tag).isNotEmpty().isSubsetOf(listed(tag));
        }
    }

    private Set<String> values(String tag) {
        return registry.getMeters().stream()
                .map(m -> m.getId().getTag(tag))
                .filter(v -> v != null)
                .collect(Collectors.toSet());
    }

    private static List<String> listed(String tag) throws IOException {
        return Arrays.stream(page().split("\n"))
                .filter(line -> line.startsWith("| `" + tag + "`"))
                .flatMap(line -> names(line).stream())
                .toList();
    }

    @Test
    void a_scrape_is_read_by_prometheus() {
        Peer.require(PROMTOOL);
        converse(pooled());
        Peer.Run run = Peer.run(registry.scrape(), PROMTOOL, "check", "metrics");
        assertThat(run.output()).as("what the parser says").isEmpty();
        assertThat(run.status()).isZero();
    }

    @Test
    void clients_cannot_make_meters() {
        Endpoint open = ENDPOINT.plaintextAuthentication(true).failedLoginDelay(Duration.ZERO);
        Dialogue client = clientOf(watched(proxy(open.authenticate((user, password) -> false))));
        client.greets();
        for (int i = 0; i < 3; i++) {
            client.says("AUTH MADE-UP-" + i).hears("5");
        }
        client.says("QUIT").hears("221");
        assertThat(values("mechanism")).isSubsetOf("other");
    }
}
