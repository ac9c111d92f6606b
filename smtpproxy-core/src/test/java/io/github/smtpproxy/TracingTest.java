package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import io.github.smtpproxy.tracing.SmtpProxyTracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The spans of a session, as an exporter gets them. */
@Timeout(60)
class TracingTest extends ProxyTest {

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final List<String> withinFilter = new CopyOnWriteArrayList<>();

    /** Knows its span, as an instrumented HTTP client would. */
    private final class Look implements Filter {
        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            withinFilter.add(Span.current().getSpanContext().getSpanId());
            return next.proceed(rcpt);
        }
    }

    /** Throws at some recipients. */
    private static final class Break implements Filter {
        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            if (rcpt.toString().contains("broken")) {
                throw new UnsupportedOperationException("on purpose");
            }
            return next.proceed(rcpt);
        }
    }

    private OpenTelemetry sdk(Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .build();
    }

    private Dialogue traced(Sampler sampler, Filter... filters) {
        SmtpProxyBuilder builder = proxy().listener(new SmtpProxyTracing(sdk(sampler)));
        Arrays.stream(filters).forEach(builder::filter);
        return clientOf(builder);
    }

    private static Dialogue sends(Dialogue client) {
        return client.greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
    }

    private List<SpanData> ended() {
        await().until(() -> exporter.getFinishedSpanItems().stream()
                .anyMatch(s -> s.getName().equals("smtp session")));
        return exporter.getFinishedSpanItems();
    }

    private SpanData one(String name) {
        List<SpanData> named =
                ended().stream().filter(s -> s.getName().equals(name)).toList();
        assertThat(named).as(name).hasSize(1);
        return named.get(0);
    }

    /** The names from the root to a span. */
    private String path(SpanData span) {
        return ended().stream()
                .filter(s -> s.getSpanId().equals(span.getParentSpanId()))
                .map(parent -> path(parent) + " > " + span.getName().replace("smtp ", ""))
                .findFirst()
                .orElse(span.getName().replace("smtp ", ""));
    }

    private List<String> paths() {
        return ended().stream().map(this::path).toList();
    }

    @Test
    void spans_make_a_tree() {
        sends(traced(Sampler.alwaysOn(), new Look(), new Break()))
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(paths())
                .containsExactlyInAnyOrder(
                        "session",
                        "session > filter Look",
                        "session > filter Look > filter Break",
                        "session > filter Look > filter Break > connect",
                        "session > command CONNECT",
                        "session > filter Look",
                        "session > filter Look > filter Break",
                        "session > command EHLO",
                        "session > transaction",
                        "session > transaction > filter Look",
                        "session > transaction > filter Look > filter Break",
                        "session > transaction > command MAIL",
                        "session > transaction > filter Look",
                        "session > transaction > filter Look > filter Break",
                        "session > transaction > command RCPT",
                        "session > transaction > command DATA",
                        "session > command QUIT");
        assertThat(ended().stream().map(SpanData::getTraceId).distinct()).hasSize(1);
    }

    @Test
    void a_transaction_tells_how_it_ended() {
        destination.on("DATA").reply("554 5.6.0 No");
        traced(Sampler.alwaysOn())
                .greets()
                .envelope()
                .says("DATA")
                .hears("554")
                .says("QUIT")
                .hears("221");
        SpanData transaction = one("smtp transaction");
        assertThat(attribute(transaction, "smtpproxy.outcome")).isEqualTo("aborted");
        assertThat(attribute(transaction, "smtpproxy.destination"))
                .isEqualTo(destination.destination().toString());
        assertThat(transaction.getAttributes().get(AttributeKey.longKey("smtpproxy.recipients.accepted")))
                .isEqualTo(1);
        assertThat(transaction.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(attribute(one("smtp session"), "client.address")).isEqualTo("127.0.0.1");
    }

    private static String attribute(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    @Test
    void the_span_of_a_filter_is_the_current_one_while_it_runs_and_no_longer() {
        List<String> outside = new CopyOnWriteArrayList<>();
        SmtpProxyBuilder builder = proxy().listener(new SmtpProxyTracing(sdk(Sampler.alwaysOn())))
                .listener(new ProxyListener() {
                    @Override
                    public void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {
                        outside.add(Span.current().getSpanContext().getSpanId());
                    }
                })
                .filter(new Look());
        clientOf(builder).greets().envelope().says("QUIT").hears("221");
        List<String> looks = ended().stream()
                .filter(s -> s.getName().equals("smtp filter Look"))
                .filter(s -> attribute(s, "smtpproxy.step").equals("rcpt"))
                .map(SpanData::getSpanId)
                .toList();
        assertThat(withinFilter).isEqualTo(looks).hasSize(1);
        assertThat(outside).containsExactly(Span.getInvalid().getSpanContext().getSpanId());
    }

    @Test
    void a_filter_that_throws_has_a_span_that_ends() {
        traced(Sampler.alwaysOn(), new Look(), new Break())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<broken@dest.test>")
                .hears("451")
                .says("QUIT")
                .hears("221");
        assertThat(paths())
                .filteredOn("session > transaction > filter Look > filter Break"::equals)
                .hasSize(2);
        assertThat(LoggedTraces.taken()).hasSize(1);
    }

    @Test
    void what_is_pipelined_behind_the_last_chunk_is_part_of_the_next_transaction() {
        destination.takesChunks();
        traced(Sampler.alwaysOn())
                .greets()
                .envelope()
                .sends("BDAT 7 LAST\r\nhello\r\nMAIL FROM:<c@client.test>\r\nRCPT TO:<d@dest.test>\r\n")
                .hears("250")
                .hears("250")
                .hears("250")
                .says("QUIT")
                .hears("221");
        List<SpanData> transactions = ended().stream()
                .filter(s -> s.getName().equals("smtp transaction"))
                .toList();
        assertThat(transactions).hasSize(2);
        assertThat(commandsOf(transactions.get(0))).containsExactly("MAIL", "RCPT", "BDAT");
        assertThat(commandsOf(transactions.get(1))).containsExactly("MAIL", "RCPT");
    }

    private List<String> commandsOf(SpanData transaction) {
        return ended().stream()
                .filter(s -> s.getParentSpanId().equals(transaction.getSpanId()))
                .map(s -> s.getName().replace("smtp command ", ""))
                .toList();
    }

    @Test
    void a_session_that_is_not_sampled_has_no_spans() {
        sends(traced(Sampler.alwaysOff(), new Look())).says("QUIT").hears("221").hearsTheEnd();
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
        assertThat(withinFilter)
                .containsExactly(Span.getInvalid().getSpanContext().getSpanId());
    }

    @Test
    void the_page_names_each_span_with_its_attributes() throws IOException {
        sends(traced(Sampler.alwaysOn(), new Look()))
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        nothing_is_left();
        String page = Files.readString(Path.of("../src/site/markdown/metrics.md"));
        for (SpanData span : ended()) {
            String name = span.getName().replaceAll("(command|filter) .*", "$1");
            String row = page.lines()
                    .filter(line -> line.startsWith("| `" + name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(name));
            Set<String> keys = span.getAttributes().asMap().keySet().stream()
                    .map(AttributeKey::getKey)
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(keys).allSatisfy(key -> assertThat(row).contains("`" + key + "`"));
        }
    }
}
