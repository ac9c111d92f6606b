package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static io.github.smtpproxy.testing.ContentFilters.looking;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A content filter changes the envelope: the held message goes down in a transaction that begins again. */
class EnvelopeReplayTest extends ProxyTest {

    private static final String MESSAGE = "Subject: one\r\n\r\nhello\r\n..dots\r\n";
    private static final RcptTo C = RcptTo.of(Mailbox.parse("c@dest.test"));
    private static final Mailbox D = Mailbox.parse("d@dest.test");
    private static final UnaryOperator<Message> ADD_C = m -> m.withRecipient(C);

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    /** How the message comes, and whether the destination takes a group of commands. */
    enum Way {
        DATA(false, true),
        DATA_ONE_BY_ONE(false, false),
        CHUNK(true, true),
        CHUNK_ONE_BY_ONE(true, false);

        private final boolean chunks;
        private final boolean pipelining;

        Way(boolean chunks, boolean pipelining) {
            this.chunks = chunks;
            this.pipelining = pipelining;
        }
    }

    /** A change, and the commands of the transaction that begins again. */
    private record Change(String name, UnaryOperator<Message> change, String message, String... commands) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Change> changes() {
        return Stream.of(
                new Change(
                        "sender",
                        m -> m.withSender(D),
                        MESSAGE,
                        "MAIL FROM:<d@dest.test> SIZE=31 BODY=8BITMIME",
                        "RCPT TO:<a@dest.test> NOTIFY=NEVER",
                        "RCPT TO:<b@dest.test>"),
                new Change(
                        "recipient added",
                        ADD_C,
                        MESSAGE,
                        "MAIL FROM:<s@client.test> SIZE=31 BODY=8BITMIME",
                        "RCPT TO:<a@dest.test> NOTIFY=NEVER",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<c@dest.test>"),
                new Change(
                        "recipient removed",
                        m -> m.withoutRecipient(Mailbox.parse("b@dest.test")),
                        MESSAGE,
                        "MAIL FROM:<s@client.test> SIZE=31 BODY=8BITMIME",
                        "RCPT TO:<a@dest.test> NOTIFY=NEVER"),
                new Change(
                        "recipient and header",
                        m -> ADD_C.apply(m).withHeaders(m.headers().without("Subject")),
                        "\r\nhello\r\n..dots\r\n",
                        "MAIL FROM:<s@client.test> BODY=8BITMIME",
                        "RCPT TO:<a@dest.test> NOTIFY=NEVER",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<c@dest.test>"),
                new Change(
                        "recipient and body",
                        m -> ADD_C.apply(m).withContent(Content.of(bytes(read(m.content()) + ".footer\r\n"))),
                        MESSAGE + ".footer\r\n",
                        "MAIL FROM:<s@client.test> BODY=8BITMIME",
                        "RCPT TO:<a@dest.test> NOTIFY=NEVER",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<c@dest.test>"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Stream<Arguments> changesAndWays() {
        return changes().flatMap(c -> Arrays.stream(Way.values()).map(w -> Arguments.of(c, w)));
    }

    private Dialogue client(Way way, Filter... filters) {
        if (way.chunks) {
            destination.takesChunks();
        }
        if (!way.pipelining) {
            destination.on("EHLO").reply("250-dest.test", "250-SIZE", "250-8BITMIME", "250-DSN", "250 CHUNKING");
        }
        SmtpProxyBuilder builder = proxy().listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        for (Filter filter : filters) {
            builder = builder.filter(filter);
        }
        return clientOf(builder).greets();
    }

    private static Dialogue envelope(Dialogue client) {
        return client.says("MAIL FROM:<s@client.test> SIZE=31 BODY=8BITMIME")
                .hears("250")
                .says("RCPT TO:<a@dest.test> NOTIFY=NEVER")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    private static Dialogue message(Dialogue client, Way way) {
        if (way.chunks) {
            String first = MESSAGE.substring(0, 9);
            return client.sends("BDAT 9\r\n" + first)
                    .hears("250")
                    .sends("BDAT " + (MESSAGE.length() - 9) + " LAST\r\n" + MESSAGE.substring(9));
        }
        return client.says("DATA").hears("354").sends(MESSAGE.replace("\r\n.", "\r\n..") + ".\r\n");
    }

    /** The commands behind the first RSET. */
    private List<String> again() {
        List<String> heard = destination.heard();
        int reset = heard.indexOf("RSET");
        return reset < 0 ? List.of() : heard.subList(reset + 1, heard.size());
    }

    private Outcome.Result outcome() {
        await().until(() -> !outcomes.isEmpty());
        return outcomes.get(0).result();
    }

    @ParameterizedTest
    @MethodSource("changesAndWays")
    void the_message_goes_down_with_the_envelope_of_the_filter(Change change, Way way) {
        message(envelope(client(way, changing(change.change))), way).hears("250");
        String begin = way.chunks ? "BDAT " + change.message.length() + " LAST" : "DATA";
        assertThat(again())
                .containsExactly(Stream.concat(Arrays.stream(change.commands), Stream.of(begin))
                        .toArray(String[]::new));
        assertThat(destination.messages())
                .containsExactly(way.chunks ? change.message : change.message.replace("\r\n.", "\r\n.."));
        assertThat(outcome()).isEqualTo(Outcome.Result.DELIVERED);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void it_is_one_group_where_the_destination_takes_groups(Way way) {
        Filter filter = changing(m -> ADD_C.apply(m).withRecipient(RcptTo.of(D)));
        message(envelope(client(way, filter)), way).hears("250");
        int commands = way.chunks ? 6 : 7;
        assertThat(destination.groups().stream().anyMatch(n -> n == commands)).isEqualTo(way.pipelining);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void an_envelope_that_is_changed_back_is_not_sent_again(Way way) {
        Filter there = changing(ADD_C);
        Filter back = changing(m -> m.withoutRecipient(C.recipient()));
        message(envelope(client(way, there, back)), way).hears("250");
        assertThat(destination.heard("RSET")).isEmpty();
        assertThat(destination.heard("MAIL")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void an_added_recipient_that_is_refused_is_451_and_nothing_is_delivered(Way way) {
        destination.on("RCPT TO:<c@").reply("550 5.1.1 No such user");
        assertNotDelivered(way, changing(ADD_C));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_recipient_that_was_accepted_before_and_is_refused_now_is_451_and_nothing_is_delivered(Way way) {
        assertNotDelivered(way, looking((message, next) -> {
            destination.on("RCPT TO:<a@").reply("452 4.5.3 Too many for you");
            return next.proceed(ADD_C.apply(message));
        }));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_sender_that_is_refused_is_451_and_nothing_is_delivered(Way way) {
        destination.on("MAIL FROM:<d@").reply("550 5.7.1 Not you");
        assertNotDelivered(way, changing(m -> m.withSender(D)));
    }

    /** So many octets of replies that they are read one by one: the reply to DATA is not read with that to a recipient. */
    @Test
    void a_refusal_in_a_group_of_long_replies_leaves_no_command_behind_data() {
        destination.on("RCPT").reply("250 2.1.5 " + "x".repeat(4_000));
        destination.on("RCPT TO:<r20@").reply("550 5.1.1 No such user");
        List<RcptTo> many = IntStream.range(0, 25)
                .mapToObj(i -> RcptTo.of(Mailbox.parse("r" + i + "@dest.test")))
                .toList();
        Dialogue client = client(Way.DATA, changing(m -> m.withRecipients(many)));
        message(envelope(client), Way.DATA).hears("451 4.3.0");
        await().untilAsserted(() -> assertThat(destination.openConnections()).isZero());
        assertThat(again()).endsWith("DATA");
        assertThat(destination.halfMessages()).allMatch(String::isEmpty);
        assertThat(destination.messages()).isEmpty();
    }

    private void assertNotDelivered(Way way, ContentFilter filter) {
        Dialogue client = client(
                way,
                looking((message, next) ->
                        message.mail().size().isPresent() ? filter.data(message, next) : next.proceed(message)));
        message(envelope(client), way).hears("451 4.3.0");
        assertThat(outcome()).isEqualTo(Outcome.Result.REFUSED);
        client.says("MAIL FROM:<s@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hears("250");
        message(client, way).hears("250");
        assertThat(destination.messages()).containsExactly(way.chunks ? MESSAGE : MESSAGE.replace("\r\n.", "\r\n.."));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void data_that_is_refused_is_in_the_destinations_words(Way way) {
        String command = way.chunks ? "BDAT" : "DATA";
        Dialogue client = client(way, changing(ADD_C));
        destination.on(command).reply("554 5.7.1 No mail today");
        message(envelope(client), way).hears("554 5.7.1 No mail today");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void the_destination_is_told_of_the_client_again() {
        destination.offers("XFORWARD ADDR").on("XFORWARD").reply("250 2.0.0 Ok");
        Router router = Router.to(destination.destination().announce(ClientAnnouncement.XFORWARD));
        Dialogue client =
                clientOf(proxy(ENDPOINT, router).filter(changing(ADD_C))).greets();
        message(envelope(client), Way.DATA).hears("250");
        assertThat(destination.heard("XFORWARD")).hasSize(2);
        assertThat(again().get(0)).isEqualTo(destination.heard("XFORWARD").get(0));
        assertThat(again().get(1)).startsWith("MAIL FROM:");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_message_for_nobody_is_refused(Way way) {
        message(envelope(client(way, changing(m -> m.withRecipients(List.of())))), way)
                .hears("554 5.5.1");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_destination_that_is_lost_leaves_nothing(Way way) {
        Dialogue client = client(way, changing(ADD_C));
        destination.on("RCPT TO:<c@").fail(Fault.CLOSE);
        message(envelope(client), way).hears("421 4.4.2");
        assertThat(destination.messages()).isEmpty();
        assertThat(outcome()).isEqualTo(Outcome.Result.FAILED);
    }
}
