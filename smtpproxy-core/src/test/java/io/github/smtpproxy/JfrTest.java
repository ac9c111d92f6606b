package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.jfr.SmtpProxyJfr;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a recording of Flight Recorder has after a session. */
@Timeout(60)
class JfrTest extends ProxyTest {

    private static final String NAMES = "io.github.smtpproxy.";
    /** What every event has. */
    private static final Set<String> COMMON = Set.of("startTime", "duration", "eventThread", "stackTrace");

    @TempDir
    private Path folder;

    private final List<SmtpProxy> proxies = new ArrayList<>();

    private static final class PassOn implements Filter {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return next.proceed(mail);
        }
    }

    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }

    private SmtpProxy pooled(Pool pool) {
        SmtpProxy proxy = started(proxy(ENDPOINT.named("relay"))
                .multiplexing(pool)
                .filter(new PassOn())
                .listener(new SmtpProxyJfr()));
        proxies.add(proxy);
        return proxy;
    }

    private static void sends(SmtpProxy proxy) {
        Dialogue client = Dialogue.with(proxy.address());
        client.greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        client.says("QUIT").hears("221").hearsTheEnd();
    }

    /** The events of what is done while a recording runs. */
    private List<RecordedEvent> recorded(Runnable work) throws IOException {
        Path file = folder.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            Stream.of("Session", "Transaction", "Filter", "Lease")
                    .forEach(e -> recording.enable(NAMES + e).withThreshold(Duration.ZERO));
            recording.start();
            work.run();
            proxies.forEach(SmtpProxy::close);
            nothing_is_left();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith(NAMES))
                // each carrier of a virtual thread has a buffer of its own
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }

    private static RecordedEvent one(List<RecordedEvent> events, String name) {
        List<RecordedEvent> named = events.stream()
                .filter(e -> e.getEventType().getName().equals(NAMES + name))
                .toList();
        assertThat(named).as(name).hasSize(1);
        return named.get(0);
    }

    @Test
    void a_recording_has_sessions_transactions_filters_and_leases() throws IOException {
        SmtpProxy proxy = pooled(Pool.max(1));
        List<RecordedEvent> events = recorded(() -> sends(proxy));

        RecordedEvent session = one(events, "Session");
        assertThat(session.getString("endpoint")).isEqualTo("relay");
        assertThat(session.getString("client")).isEqualTo("127.0.0.1");
        assertThat(session.getInt("transactions")).isEqualTo(1);
        RecordedEvent transaction = one(events, "Transaction");
        assertThat(transaction.getString("transaction")).isEqualTo(session.getString("session") + "-1");
        assertThat(transaction.getString("outcome")).isEqualTo("delivered");
        assertThat(transaction.getString("refusedBy")).isNull();
        assertThat(transaction.getInt("code")).isEqualTo(250);
        assertThat(transaction.getLong("octets")).isEqualTo("hello\r\n".length());
        assertThat(transaction.getInt("recipientsAccepted")).isEqualTo(1);
        assertThat(transaction.getDuration()).isPositive().isLessThanOrEqualTo(session.getDuration());
        RecordedEvent lease = one(events, "Lease");
        assertThat(lease.getString("result")).isEqualTo("granted");
        assertThat(lease.getString("destination"))
                .isEqualTo(destination.destination().toString());
        assertThat(lease.getBoolean("opened")).isTrue();
        assertThat(lease.getDuration("waited")).isPositive();
        assertThat(filterSteps(events)).containsExactly("connect", "ehlo", "mail", "rcpt");
    }

    private static List<String> filterSteps(List<RecordedEvent> events) {
        return events.stream()
                .filter(e -> e.getEventType().getName().equals(NAMES + "Filter"))
                .peek(e -> assertThat(e.getDuration("own"))
                        .as("by clocks that differ a little")
                        .isLessThanOrEqualTo(e.getDuration().plusMillis(1)))
                .map(e -> e.getString("step"))
                .toList();
    }

    @Test
    void who_waits_in_vain_is_recorded() throws IOException {
        SmtpProxy proxy = pooled(Pool.max(1).waiting(Duration.ofMillis(50)));
        List<RecordedEvent> events = recorded(() -> {
            Dialogue first = clientOf(proxy).greets().envelope();
            clientOf(proxy).greets().says("MAIL FROM:<b@client.test>").hears("451");
            first.says("QUIT").hears("221");
        });
        assertThat(events.stream()
                        .filter(e -> e.getEventType().getName().equals(NAMES + "Lease"))
                        .map(e -> e.getString("result")))
                .containsExactlyInAnyOrder("granted", "timed_out");
    }

    @Test
    void what_began_before_a_recording_is_not_in_it_and_does_no_harm() throws IOException {
        SmtpProxy proxy = pooled(Pool.max(1));
        Dialogue client = clientOf(proxy).greets().envelope();
        List<RecordedEvent> events = recorded(() -> {
            client.says("DATA").hears("354").says("hello").says(".").hears("250");
            client.envelope().says("QUIT").hears("221").hearsTheEnd();
        });
        assertThat(one(events, "Transaction").getString("transaction")).endsWith("-2");
        assertThat(events).noneMatch(e -> e.getEventType().getName().equals(NAMES + "Session"));
    }

    @Test
    void the_page_names_each_event_with_its_fields() throws IOException {
        SmtpProxy proxy = pooled(Pool.max(1));
        List<RecordedEvent> events = recorded(() -> sends(proxy));
        String page = Files.readString(Path.of("../src/site/markdown/metrics.md"));
        Set<String> seen = new TreeSet<>();
        for (RecordedEvent event : events) {
            String name = event.getEventType().getName();
            Matcher row = Pattern.compile("(?m)^\\| `" + Pattern.quote(name) + "` \\| event \\| ([^|]+) \\|")
                    .matcher(page);
            assertThat(row.find()).as(name).isTrue();
            Set<String> fields = event.getFields().stream()
                    .map(ValueDescriptor::getName)
                    .filter(f -> !COMMON.contains(f))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(fields)
                    .isEqualTo(Pattern.compile("`([^`]+)`")
                            .matcher(row.group(1))
                            .results()
                            .map(m -> m.group(1))
                            .collect(Collectors.toCollection(TreeSet::new)));
            seen.add(name.substring(NAMES.length()));
        }
        assertThat(seen).containsExactly("Filter", "Lease", "Session", "Transaction");
    }
}
