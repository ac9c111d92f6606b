package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.looking;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.ContentFilters.Look;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A body is had whole or not at all: by whoever opens it, whenever, and by the destination. */
class BodyTest extends ProxyTest {

    private static final String HEADER = "Subject: x\r\n\r\n";
    private static final String BODY = "a line of some length, and no end of it\r\n".repeat(25_000);
    private static final String FOOTER = "-- \r\nfooter\r\n";
    private static final String SMALL = "hello\r\n";

    private final ExecutorService scanners = Executors.newCachedThreadPool();
    private final AtomicReference<InputStream> stream = new AtomicReference<>();
    private final AtomicReference<Content> content = new AtomicReference<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    /** The two ways that a message comes. */
    private enum Verb {
        DATA,
        BDAT;

        Dialogue send(Dialogue client, String message) {
            if (this == DATA) {
                return client.says("DATA").hears("354").sends(message + ".\r\n");
            }
            int half = message.length() / 2;
            return client.sends("BDAT " + half + "\r\n" + message.substring(0, half))
                    .hears("250")
                    .sends("BDAT " + (message.length() - half) + " LAST\r\n" + message.substring(half));
        }
    }

    private static InputStream octets(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private Dialogue clientPast(Endpoint endpoint, Look look) {
        return clientOf(proxy(endpoint).filter(looking(look))).greets().envelope();
    }

    private Dialogue clientPast(Look look) {
        return clientPast(ENDPOINT, look);
    }

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    @AfterEach
    void scanners_end() {
        scanners.shutdownNow();
    }

    @ParameterizedTest
    @EnumSource
    void a_footer_behind_the_original_body_comes_behind_all_of_it(Verb verb) {
        Dialogue client = clientPast((m, next) -> next.proceed(
                m.withContent(() -> new SequenceInputStream(m.content().open(), octets(FOOTER)))));
        verb.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + BODY + FOOTER);
    }

    @ParameterizedTest
    @EnumSource
    void two_scanners_at_once_on_threads_of_their_own_see_the_whole(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            List<CompletableFuture<Boolean>> scans = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                scans.add(CompletableFuture.supplyAsync(() -> read(m.content()).equals(BODY), scanners));
            }
            scans.forEach(s -> seen.add(s.join().toString()));
            return next.proceed(m);
        });
        verb.send(client, HEADER + BODY).hears("250");
        assertThat(seen).containsExactly("true", "true", "true", "true");
        assertThat(destination.messages()).containsExactly(HEADER + BODY);
    }

    @ParameterizedTest
    @EnumSource
    void a_body_may_be_opened_by_a_thread_while_it_is_passed_on(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            read(m.content());
            CompletableFuture<String> scan = CompletableFuture.supplyAsync(() -> read(m.content()), scanners);
            Reply reply = next.proceed(m);
            seen.add(read(m.content()));
            seen.add(scan.join());
            return reply;
        });
        verb.send(client, HEADER + BODY).hears("250");
        assertThat(seen).hasSize(2).containsOnly(BODY);
        assertThat(destination.messages()).containsExactly(HEADER + BODY);
    }

    @ParameterizedTest
    @EnumSource
    void a_body_opened_by_a_thread_that_nobody_waits_for_is_whole_here_and_there(Verb verb) {
        CompletableFuture<String> late = new CompletableFuture<>();
        Dialogue client = clientPast((m, next) -> {
            scanners.execute(() -> {
                try {
                    late.complete(read(m.content()));
                } catch (RuntimeException gone) {
                    late.completeExceptionally(gone);
                }
            });
            return next.proceed(m);
        });
        verb.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + BODY);
        try {
            assertThat(late.join()).isEqualTo(BODY);
        } catch (CompletionException gone) {
            assertThat(gone).hasCauseInstanceOf(RuntimeException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_body_that_is_gone_says_so(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            Reply reply = next.proceed(m);
            if (verb == Verb.DATA) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> m.content().open())
                        .withMessageContaining("gone");
            }
            content.set(m.content());
            return reply;
        });
        verb.send(client, HEADER + BODY).hears("250").says("NOOP").hears("250");
        assertThatIllegalStateException().isThrownBy(() -> content.get().open()).withMessageContaining("gone");
        assertThat(destination.messages()).containsExactly(HEADER + BODY);
    }

    @ParameterizedTest
    @EnumSource
    void a_body_that_was_refused_unread_is_gone(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            content.set(m.content());
            return Reply.reject("5.7.1", "Not this");
        });
        verb.send(client, HEADER + BODY).hears("550 5.7.1").says("NOOP").hears("250");
        assertThatIllegalStateException().isThrownBy(() -> content.get().open()).withMessageContaining("gone");
    }

    static Stream<Arguments> verbsAndPlaces() {
        return Stream.of(Verb.values()).flatMap(v -> Stream.of(0, 1 << 24).map(m -> Arguments.of(v, m)));
    }

    @ParameterizedTest
    @MethodSource("verbsAndPlaces")
    void a_stream_that_outlives_its_message_fails_and_does_not_just_end(Verb verb, int memory) throws IOException {
        Dialogue client = clientPast(ENDPOINT.spool(memory, 1 << 25), (m, next) -> {
            stream.set(m.content().open());
            return next.proceed(m);
        });
        verb.send(client, HEADER + BODY).hears("250").says("NOOP").hears("250");
        assertThatIOException().isThrownBy(() -> stream.get().readAllBytes());
        verb.send(client.envelope(), HEADER + BODY).hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + BODY, HEADER + BODY);
    }

    @ParameterizedTest
    @MethodSource("verbsAndPlaces")
    void a_scanner_that_was_interrupted_spoils_nothing(Verb verb, int memory) {
        Dialogue client = clientPast(ENDPOINT.spool(memory, 1 << 25), (m, next) -> {
            read(m.content());
            CompletableFuture.runAsync(
                            () -> {
                                Thread.currentThread().interrupt();
                                seen.add("" + read(m.content()).equals(BODY));
                            },
                            scanners)
                    .join();
            return next.proceed(m);
        });
        verb.send(client, HEADER + BODY).hears("250");
        assertThat(seen).containsExactly("true");
        assertThat(destination.messages()).containsExactly(HEADER + BODY);
    }

    @ParameterizedTest
    @EnumSource
    void what_comes_one_by_one_and_skips_is_the_same(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            try (InputStream in = m.content().open()) {
                seen.add("" + (char) in.read());
                in.skipNBytes(2);
                seen.add(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return next.proceed(m);
        });
        String body = verb == Verb.DATA ? "..\r\n..b\r\n" : ".\r\n.b\r\n";
        verb.send(client, HEADER + body).hears("250");
        assertThat(seen).containsExactly(".", ".b\r\n");
        assertThat(destination.messages()).containsExactly(HEADER + body);
    }

    private static InputStream reading(Reading look) {
        return new InputStream() {
            @Override
            public int read() {
                return look.read(1);
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                return look.read(length);
            }
        };
    }

    private interface Reading {
        int read(int length);
    }

    static Stream<Arguments> verbsAndFaults() {
        Map<String, Content> faults = Map.of(
                "open throws",
                () -> {
                    throw new AssertionError("broken");
                },
                "open returns null",
                () -> null,
                "read throws an exception",
                () -> reading(n -> {
                    throw new IllegalStateException("broken");
                }),
                "read throws an error behind some octets",
                () -> new SequenceInputStream(octets(BODY), reading(n -> {
                    throw new NoClassDefFoundError("broken");
                })),
                "read says too much",
                () -> reading(n -> n + 1),
                "read says too little",
                () -> reading(n -> -7),
                "close throws",
                () -> new ByteArrayInputStream(new byte[] {'x'}) {
                    @Override
                    public void close() {
                        throw new StackOverflowError("broken");
                    }
                });
        return Stream.of(Verb.values())
                .flatMap(v -> faults.entrySet().stream().map(f -> Arguments.of(v, f.getKey(), f.getValue())));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("verbsAndFaults")
    void a_body_of_a_filter_that_fails_is_delivered_in_no_part(Verb verb, String fault, Content body) {
        Dialogue client = clientPast((m, next) ->
                next.proceed(m.headers().first("Subject").filter("x"::equals).isPresent() ? m.withContent(body) : m));
        verb.send(client, HEADER + SMALL).hears("451 4.3.0 ").says("NOOP").hears("250");
        assertThat(destination.messages()).isEmpty();
        verb.send(client.says("RSET").hears("250").envelope(), "Subject: good\r\n\r\n" + SMALL)
                .hears("250");
        assertThat(destination.messages()).hasSize(1);
        assertThat(LoggedTraces.taken())
                .singleElement()
                .asString()
                .containsAnyOf("failed at its body", "cannot be read");
    }

    @ParameterizedTest
    @EnumSource
    void a_body_that_reads_nothing_at_times_is_read_to_its_end(Verb verb) {
        Dialogue client = clientPast((m, next) -> next.proceed(m.withContent(
                () -> new ByteArrayInputStream("good\r\n".getBytes(StandardCharsets.US_ASCII)) {
                    private boolean now;

                    @Override
                    public synchronized int read(byte[] target, int offset, int length) {
                        now = !now;
                        return now ? 0 : super.read(target, offset, 1);
                    }
                })));
        verb.send(client, HEADER + SMALL).hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + "good\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void a_body_too_large_to_be_kept_is_refused_where_it_is_replaced(Verb verb) {
        Dialogue client = clientPast(
                ENDPOINT.spool(100, 1_000),
                (m, next) -> next.proceed(m.withContent(Content.of("short\r\n".getBytes(StandardCharsets.US_ASCII)))));
        String message = HEADER + "RSET\r\n".repeat(2_000);
        if (verb == Verb.DATA) {
            verb.send(client, message).hears("552 5.3.4 ");
        } else {
            client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("552 5.3.4 ");
        }
        client.says("NOOP").hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_body_without_an_end_that_a_filter_makes_of_chunks_is_refused() {
        Dialogue client = clientPast(
                ENDPOINT.spool(1_000, 100_000),
                (m, next) -> next.proceed(m.withContent(() -> new InputStream() {
                    @Override
                    public int read() {
                        return 'x';
                    }
                })));
        Verb.BDAT.send(client, HEADER + SMALL).hears("552 5.3.4 ");
        client.says("NOOP").hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void what_a_scanner_could_not_open_is_refused_for_that_reason(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            CompletableFuture.supplyAsync(() -> read(m.content()), scanners).join();
            return next.proceed(m);
        });
        if (verb == Verb.DATA) {
            verb.send(client, HEADER + "bare\nline\r\n")
                    .hears("550 5.5.2 ")
                    .says("NOOP")
                    .hears("250");
        }
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void a_client_that_leaves_while_a_scanner_reads_leaves_nothing(Verb verb) {
        Dialogue client = clientPast((m, next) -> {
            CompletableFuture.supplyAsync(() -> read(m.content()), scanners).join();
            return next.proceed(m);
        });
        if (verb == Verb.DATA) {
            client.says("DATA").hears("354").sends(HEADER + SMALL).closes();
        } else {
            client.sends("BDAT 1000 LAST\r\n" + HEADER + SMALL).closes();
        }
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
    }
}
