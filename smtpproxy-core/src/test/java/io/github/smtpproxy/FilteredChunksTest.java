package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.looking;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.LoggedTraces;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages in chunks past filters that look at them: they come whole, as with DATA. */
class FilteredChunksTest extends ProxyTest {

    private static final String HEADER = "Subject: one\r\n two\r\nX-A: b\r\n";
    private static final String BODY = "hello\r\n.dot\r\n\r\n..\r\n";
    private static final String MESSAGE = HEADER + "\r\n" + BODY;

    /** Every body goes to a file. */
    private static final Endpoint FILES = ENDPOINT.spool(0, 1_000_000);

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    private final Filter reader = looking((message, next) -> {
        seen.add(new String(message.headers().toBytes(), StandardCharsets.ISO_8859_1));
        seen.add(read(message.content()));
        return next.proceed(message);
    });

    private static Content of(String text) {
        return () -> new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String bdat(String octets) {
        return "BDAT " + octets.length() + "\r\n" + octets;
    }

    private static String last(String octets) {
        return "BDAT " + octets.length() + " LAST\r\n" + octets;
    }

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    private Dialogue envelope(Filter... filters) {
        return envelope(FILES, filters);
    }

    private Dialogue envelope(Endpoint endpoint, Filter... filters) {
        SmtpProxyBuilder builder = proxy(endpoint).listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        for (Filter filter : filters) {
            builder = builder.filter(filter);
        }
        return clientOf(builder).greets().envelope();
    }

    private Result outcome() {
        await().until(() -> !outcomes.isEmpty());
        return outcomes.get(0).result();
    }

    @Test
    void a_filter_sees_the_same_whichever_way_the_message_comes() {
        Dialogue client = envelope(reader);
        client.says("DATA")
                .hears("354")
                .sends(MESSAGE.replace("\r\n.", "\r\n..") + ".\r\n")
                .hears("250");
        client.envelope().sends(last(MESSAGE)).hears("250");
        client.envelope();
        for (char octet : MESSAGE.toCharArray()) {
            client.sends(bdat(String.valueOf(octet))).hears("250 2.0.0 1 octets received");
        }
        client.says("BDAT 0 LAST").hears("250 2.0.0 Chunk taken");
        assertThat(seen).containsExactly(HEADER, BODY, HEADER, BODY, HEADER, BODY);
        assertThat(destination.messages().subList(1, 3)).containsExactly(MESSAGE, MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\r\n",
                "\r\nbody only",
                "Subject: x\r\n",
                "Subject: x",
                "Subject: x\r\n\r\n",
                "\r\n\r\n",
                "\r",
                "X: y\r\n\r"
            })
    void a_message_without_header_or_body_goes_through_as_it_is(String message) {
        envelope(FILES.bareNewlines(BareNewlines.PASS), reader)
                .sends(last(message))
                .hears("250");
        assertThat(destination.messages()).containsExactly(message);
        assertThat(seen).hasSize(2);
    }

    @Test
    void binary_content_goes_through_as_it_is_and_in_two_chunks_if_it_is_large() {
        String binary = "X: y\r\n\r\n" + "\0\r\n.\r\n\n\r\u00ff".repeat(10_000);
        clientOf(proxy(FILES).filter(reader))
                .greets()
                .says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250")
                .sends(bdat(binary.substring(0, 7)))
                .hears("250")
                .sends(last(binary.substring(7)))
                .hears("250");
        assertThat(destination.messages()).containsExactly(binary);
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 57240", "BDAT 32768 LAST");
        assertThat(seen.get(1)).isEqualTo(binary.substring(8));
    }

    @Test
    void the_destination_hears_of_the_message_when_it_is_whole() {
        Dialogue client =
                envelope(reader).sends(bdat(MESSAGE)).hears("250").says("NOOP").hears("250");
        assertThat(destination.heard("BDAT")).isEmpty();
        client.says("BDAT 0 LAST").hears("250");
        assertThat(destination.heard("BDAT")).hasSize(1);
    }

    @Test
    void changed_headers_and_the_received_field_stand_before_the_body() {
        envelope(
                        FILES.received(true),
                        looking((m, next) -> next.proceed(
                                m.withHeaders(m.headers().without("x-a").prepend("X-New", "1")))))
                .sends(last(MESSAGE))
                .hears("250");
        assertThat(destination.messages().get(0))
                .startsWith("Received: from client.test ")
                .endsWith("\r\nX-New: 1\r\nSubject: one\r\n two\r\n\r\n" + BODY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 32_768, 200_000})
    void a_replaced_body_goes_as_the_filter_made_it(int size) {
        String body = ".\r\n" + "x".repeat(size);
        envelope(looking((m, next) -> next.proceed(m.withContent(of(body)))))
                .sends(bdat(MESSAGE))
                .hears("250")
                .says("BDAT 0 LAST")
                .hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + "\r\n" + body);
    }

    @Test
    void a_body_in_place_of_none_is_no_header() {
        envelope(looking((m, next) -> next.proceed(m.withContent(of("Body: text")))))
                .sends(last("Subject: x\r\n"))
                .hears("250")
                .envelope()
                .sends(last("Subject: x"))
                .hears("250")
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says(".")
                .hears("250");
        assertThat(destination.messages())
                .containsExactly(
                        "Subject: x\r\n\r\nBody: text",
                        "Subject: x\r\n\r\nBody: text",
                        "Subject: x\r\n\r\nBody: text\r\n");
    }

    @Test
    void a_body_of_a_filter_that_cannot_be_read_is_451_and_nothing_is_delivered() {
        Content broken = () -> new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("secret of the inside");
            }
        };
        envelope(looking((m, next) -> next.proceed(m.withContent(broken))))
                .sends(last(MESSAGE))
                .hearsLine("451 4.3.0 Temporary failure, try again later");
        assertThat(destination.heard("BDAT")).isEmpty();
        assertThat(outcome()).isEqualTo(Result.FAILED);
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("failed at its body");
    }

    @Test
    void a_filters_refusal_is_heard_at_the_last_chunk_and_the_session_goes_on() {
        boolean[] refuse = {true};
        Filter filter = looking((m, next) -> refuse[0] ? Reply.reject("5.7.1", "Spam") : next.proceed(m));
        Dialogue client = envelope(reader, filter)
                .sends(bdat(MESSAGE) + last("RSET\r\n"))
                .hears("250")
                .hearsLine("550 5.7.1 Spam");
        refuse[0] = false;
        client.envelope().sends(last(MESSAGE)).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(outcome()).isEqualTo(Result.REFUSED);
    }

    @Test
    void a_filter_that_throws_is_451_and_nothing_is_delivered() {
        envelope(reader, looking((m, next) -> {
                    throw new IllegalStateException("secret of the inside");
                }))
                .sends(last(MESSAGE))
                .hearsLine("451 4.3.0 Temporary failure, try again later");
        assertThat(destination.messages()).isEmpty();
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("failed at Message");
    }

    @Test
    void more_than_may_be_kept_is_552_and_the_chunks_behind_it_are_swallowed() {
        Dialogue client = envelope(FILES.spool(10, 1_000), reader)
                .sends(bdat("X: y\r\n\r\n" + "RSET\r\n".repeat(500)))
                .hears("552 5.3.4")
                .sends(bdat("QUIT\r\n") + last("QUIT\r\n"))
                .hears("503 5.5.1")
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250");
        client.envelope().sends(last(MESSAGE)).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(destination.heard("QUIT")).isEmpty();
    }

    @Test
    void more_than_may_be_kept_is_552_at_the_last_chunk_too() {
        envelope(FILES.spool(10, 1_000), reader)
                .sends(bdat("X: y\r\n\r\n" + "z".repeat(900)))
                .hears("250")
                .sends(last("RSET\r\n".repeat(50)))
                .hears("552 5.3.4")
                .envelope();
        assertThat(destination.messages()).isEmpty();
        assertThat(outcome()).isEqualTo(Result.REFUSED);
    }

    @Test
    void a_header_section_that_does_not_end_is_552() {
        envelope(FILES.maxHeaderOctets(1_000), reader)
                .sends(bdat("X: " + "y".repeat(900)))
                .hears("250")
                .sends(bdat("y".repeat(200)))
                .hears("552 5.3.4");
    }

    @ParameterizedTest
    @ValueSource(ints = {99, 100, 101})
    void the_limit_of_a_message_counts_all_of_its_octets(int size) {
        String message = "X: y\r\n\r\n" + "z".repeat(size - 8);
        envelope(LimitSize.to(100))
                .sends(bdat(message.substring(0, 50)))
                .hears("250")
                .sends(last(message.substring(50)))
                .hears(size > 100 ? "552 5.3.4" : "250")
                .envelope();
        assertThat(destination.messages()).hasSize(size > 100 ? 0 : 1);
    }

    @Test
    void the_destinations_refusal_of_the_first_part_is_heard_and_last_is_never_said() {
        destination.on("BDAT 67240").reply("552 5.3.4 Too much");
        envelope(reader)
                .sends(last("X: y\r\n\r\n" + "z".repeat(100_000)))
                .hearsLine("552 5.3.4 Too much")
                .envelope()
                .sends(last(MESSAGE))
                .hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "GARBAGE_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_after_the_last_chunk_is_451_and_nobody_knows(Fault fault) {
        destination.on("BDAT").fail(fault);
        envelope(reader).sends(last(MESSAGE)).hears("451 4.4.2");
        assertThat(outcome()).isEqualTo(Result.UNKNOWN);
    }

    @Test
    void nor_does_anybody_know_where_a_filter_puts_it_in_other_words() {
        destination.on("BDAT").fail(Fault.CLOSE);
        ContentFilter wordy = new ContentFilter() {
            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                return next.proceed(message).isRefusal() ? Reply.defer("4.3.0", "Other words") : null;
            }
        };
        envelope(wordy).sends(last(MESSAGE)).hears("451 4.3.0 Other");
        assertThat(outcome()).isEqualTo(Result.UNKNOWN);
    }

    @Test
    void a_destination_lost_in_the_first_part_has_nothing() {
        destination.on("chunk").fail(Fault.CLOSE);
        envelope(reader).sends(last("X: y\r\n\r\n" + "z".repeat(900_000))).hears("421 4.4.2");
        assertThat(outcome()).isEqualTo(Result.FAILED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_client_that_goes_in_a_chunk_leaves_the_destination_with_nothing(boolean reset) {
        Dialogue client = envelope(reader).sends(bdat(MESSAGE)).hears("250").sends("BDAT 100 LAST\r\nhello");
        if (reset) {
            client.resets();
        } else {
            client.closes();
        }
        assertThat(outcome()).isEqualTo(Result.ABORTED);
        assertThat(destination.heard("BDAT")).isEmpty();
        assertThat(seen).doesNotContain(BODY).hasSizeLessThan(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO client.test", "QUIT"})
    void what_is_kept_is_gone_when_the_client_begins_anew(String command) {
        Dialogue client =
                envelope(reader).sends(bdat(MESSAGE)).hears("250").says(command).hears("2");
        if (!command.equals("QUIT")) {
            client.envelope().sends(last("X: new\r\n")).hears("250");
            assertThat(destination.messages()).containsExactly("X: new\r\n");
        }
        assertThat(outcome()).isEqualTo(Result.ABORTED);
    }

    @Test
    void commands_between_chunks_do_not_corrupt_the_message() {
        envelope(reader)
                .sends(bdat(MESSAGE))
                .hears("250")
                .says("MAIL FROM:<c@client.test>")
                .hears("503")
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("503")
                .sends(last("more"))
                .hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE + "more");
        assertThat(destination.heard("DATA")).isEmpty();
    }

    @Test
    void a_destination_that_does_not_offer_chunking_gets_no_chunk_from_the_filters_either() {
        destination.offers();
        envelope(reader).sends(bdat("RSET\r\n") + last("QUIT\r\n")).hears("50").hears("50");
        assertThat(destination.messages()).isEmpty();
        assertThat(seen).isEmpty();
    }
}
