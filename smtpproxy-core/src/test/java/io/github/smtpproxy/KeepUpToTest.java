package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.looking;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.ContentFilters.Look;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A filter that keeps a body up to a size: a larger one is not refused, and arrives whole, however it comes. */
class KeepUpToTest extends ProxyTest {

    private static final String HEADER = "Subject: x\r\n\r\n";
    private static final String BODY = ".dots, and a line of some length\r\n..\r\n".repeat(25_000);
    private static final String SMALL = ".hello\r\n..\r\n";

    /** Little is kept, most of it in a file. */
    private static final Endpoint LITTLE = ENDPOINT.spool(100, 200_000);

    private final List<Object> seen = new CopyOnWriteArrayList<>();

    /** How a message comes. */
    private enum Way {
        DATA(0),
        ONE_CHUNK(1),
        CHUNKS(7),
        PIPELINED_CHUNKS(1_000);

        private final int parts;

        Way(int parts) {
            this.parts = parts;
        }

        Dialogue send(Dialogue client, String message) {
            if (this == DATA) {
                return client.says("DATA").hears("354").sends(wire(message) + ".\r\n");
            }
            int size = message.length() / parts;
            for (int i = 0; i < parts - 1; i++) {
                client.sends("BDAT " + size + "\r\n" + message.substring(i * size, (i + 1) * size));
                if (this == CHUNKS) {
                    client.hears("250");
                }
            }
            String last = message.substring((parts - 1) * size);
            client.sends("BDAT " + last.length() + " LAST\r\n" + last);
            for (int i = 0; i < parts - 1 && this == PIPELINED_CHUNKS; i++) {
                client.hears("250");
            }
            return client;
        }

        String wire(String message) {
            return this == DATA ? message.replace("\r\n.", "\r\n..") : message;
        }
    }

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    private Dialogue clientPast(Endpoint endpoint, Look look) {
        return clientOf(proxy(endpoint).filter(looking(look))).greets().envelope();
    }

    private Look keeping(long octets) {
        return (m, next) -> {
            seen.add(m.content().keepUpTo(octets));
            return next.proceed(m);
        };
    }

    @ParameterizedTest
    @EnumSource
    void a_body_of_exactly_so_many_octets_is_kept_and_one_octet_more_is_not(Way way) {
        Dialogue client = clientPast(ENDPOINT, (m, next) -> {
            for (int more : new int[] {-SMALL.length(), -1, 0, 1}) {
                seen.add(m.content().keepUpTo(SMALL.length() + more));
            }
            seen.add(m.keepUpTo(HEADER.length() + SMALL.length() - 1));
            seen.add(m.keepUpTo(HEADER.length() + SMALL.length()));
            seen.add(read(m.content()));
            return next.proceed(m);
        });
        (way == Way.PIPELINED_CHUNKS ? Way.CHUNKS : way)
                .send(client, HEADER + SMALL)
                .hears("250");
        assertThat(seen).containsExactly(false, false, true, true, false, true, SMALL);
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + SMALL));
    }

    @ParameterizedTest
    @EnumSource
    void a_body_that_fits_is_kept_and_read_and_arrives(Way way) {
        Dialogue client = clientPast(ENDPOINT, (m, next) -> {
            seen.add(m.keepUpTo(1 << 20));
            seen.add(read(m.content()).equals(BODY));
            return next.proceed(m);
        });
        way.send(client, HEADER + BODY).hears("250");
        assertThat(seen).containsExactly(true, true);
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + BODY));
    }

    @ParameterizedTest
    @EnumSource
    void a_larger_body_than_may_be_kept_is_not_refused_and_arrives_whole(Way way) {
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            seen.add(m.keepUpTo(0));
            seen.add(m.keepUpTo(1_000));
            seen.add(m.keepUpTo(100_000));
            seen.add(m.keepUpTo(Long.MAX_VALUE));
            return next.proceed(m);
        });
        way.send(client, HEADER + BODY).hears("250");
        assertThat(seen).containsExactly(false, false, false, false);
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + BODY));
        client.envelope();
        way.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void its_headers_can_be_changed(Way way) {
        Dialogue client = clientPast(LITTLE.received(true), (m, next) -> {
            seen.add(m.keepUpTo(1_000));
            return next.proceed(m.withHeaders(m.headers().prepend("X-New", "1")));
        });
        way.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages().get(0))
                .startsWith("Received: from client.test ")
                .endsWith("\r\nX-New: 1\r\n" + way.wire(HEADER + BODY));
    }

    @ParameterizedTest
    @EnumSource
    void line_ends_become_crlf_in_what_is_kept_and_behind_it(Way way) {
        Dialogue client = clientPast(LITTLE.bareNewlines(BareNewlines.NORMALIZE), keeping(1_000));
        way.send(client, HEADER + BODY.replace("length\r\n", "length\n")).hears("250");
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + BODY));
    }

    @Test
    void binary_content_arrives_as_it_is() {
        String binary = HEADER + "\0\r\n.\r\n\n\r\u00ff".repeat(100_000);
        Dialogue client = clientOf(proxy(LITTLE).filter(looking(keeping(1_000))))
                .greets()
                .says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        Way.CHUNKS.send(client, binary).hears("250");
        assertThat(seen).containsExactly(false);
        assertThat(destination.messages()).containsExactly(binary);
    }

    @ParameterizedTest
    @EnumSource(names = {"DATA", "ONE_CHUNK"})
    void nothing_is_kept_of_a_message_that_is_refused_instead(Way way) {
        Dialogue client = clientPast(
                LITTLE, (m, next) -> m.keepUpTo(1_000) ? next.proceed(m) : Reply.reject("5.7.1", "Too large"));
        way.send(client, HEADER + BODY).hearsLine("550 5.7.1 Too large").envelope();
        way.send(client, HEADER + SMALL).hears("250");
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + SMALL));
        assertThat(destination.halfMessages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"DATA", "ONE_CHUNK"})
    void a_client_that_goes_in_the_rest_leaves_the_destination_without_an_end(Way way) {
        Dialogue client = clientPast(LITTLE, keeping(1_000));
        if (way == Way.DATA) {
            client.says("DATA").hears("354");
        } else {
            client.says("BDAT 10000000 LAST");
        }
        client.sends(HEADER + "a line of some length\r\n".repeat(50_000));
        await().until(() -> !seen.isEmpty());
        client.resets();
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard())
                .noneMatch(line -> line.toUpperCase(Locale.ROOT).endsWith("LAST"));
    }

    @ParameterizedTest
    @EnumSource
    void a_limit_that_is_reached_in_the_rest_is_552(Way way) {
        int limit = HEADER.length() + BODY.length();
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            seen.add(m.keepUpTo(1_000));
            return next.proceed(m.atMost(limit));
        });
        way.send(client, HEADER + BODY).hears("250").envelope();
        way.send(client, HEADER + BODY + "x\r\n").hears("552 5.3.4 ").envelope();
        way.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages()).hasSize(2).containsOnly(way.wire(HEADER + BODY));
    }

    @ParameterizedTest
    @EnumSource
    void a_bare_line_end_in_the_rest_is_550(Way way) {
        Dialogue client = clientPast(LITTLE, keeping(1_000));
        way.send(client, HEADER + BODY + "bare\n.\nline\r\n")
                .hears("550 5.5.2 ")
                .envelope();
        way.send(client, HEADER + BODY).hears("250");
        assertThat(destination.messages()).containsExactly(way.wire(HEADER + BODY));
    }

    @ParameterizedTest
    @EnumSource(names = {"DATA", "ONE_CHUNK"})
    void one_that_is_opened_or_replaced_after_all_is_bounded(Way way) {
        Content other = Content.of(new byte[] {'x', '\r', '\n'});
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            seen.add(m.keepUpTo(1_000));
            if (m.headers().first("Subject").isPresent()) {
                read(m.content());
            }
            return next.proceed(m.withContent(other));
        });
        way.send(client, HEADER + BODY).hears("552 5.3.4 ").envelope();
        way.send(client, "X: y\r\n\r\n" + BODY).hears("552 5.3.4 ").envelope();
        way.send(client, HEADER + SMALL.repeat(100)).hears("250");
        assertThat(seen).containsExactly(false, false, false);
        assertThat(destination.messages()).containsExactly(HEADER + "x\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"DATA", "ONE_CHUNK"})
    void where_there_is_no_memory_it_is_451(Way way) {
        Dialogue client = clientOf(proxy(ENDPOINT.spool(1 << 20, 1 << 21))
                        .maxHeldOctets(600_000)
                        .filter(looking(keeping(1 << 20))))
                .greets()
                .envelope();
        way.send(client, HEADER + BODY).hears("451 4.3.1 ").envelope();
        assertThat(seen).isEmpty();
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"DATA", "ONE_CHUNK"})
    void a_body_of_which_only_the_begin_was_kept_is_gone_when_it_was_passed_on(Way way) {
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            m.keepUpTo(1_000);
            Reply reply = next.proceed(m);
            reply.code();
            seen.add(failure(m));
            return reply;
        });
        way.send(client, HEADER + BODY).hears("250");
        assertThat(seen).singleElement().asString().startsWith("the body is gone: ");
    }

    private static String failure(Message message) {
        try {
            return "kept: " + message.keepUpTo(1_000_000);
        } catch (IllegalStateException gone) {
            return gone.getMessage();
        }
    }
}
