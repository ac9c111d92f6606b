package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A content filter sends the message to another destination than the one that accepted its envelope. */
class RoutedMessageTest extends ProxyTest {

    private static final String MESSAGE = "Subject: one\r\n\r\nhello\r\n..dots\r\n.\r\n";
    private static final String STUFFED = MESSAGE.replace("\r\n.", "\r\n..");

    private final ScriptedDestination other = anotherDestination();
    private final List<SmtpProxy> proxies = new CopyOnWriteArrayList<>();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    /** So that no idle connection is left. */
    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }

    /** How the message comes, what the other destination knows, and whether connections are pooled. */
    enum Way {
        DATA(false, false, false),
        DATA_BESIDE_CHUNKS(false, true, false),
        CHUNKS(true, true, false),
        CHUNKS_TO_DATA(true, false, false),
        POOLED_DATA(false, false, true),
        POOLED_CHUNKS(true, true, true),
        POOLED_CHUNKS_TO_DATA(true, false, true);

        private final boolean chunks;
        private final boolean otherTakesChunks;
        private final boolean pooled;

        Way(boolean chunks, boolean otherTakesChunks, boolean pooled) {
            this.chunks = chunks;
            this.otherTakesChunks = otherTakesChunks;
            this.pooled = pooled;
        }
    }

    private Dialogue client(Way way, UnaryOperator<Message> change) {
        if (way.chunks) {
            destination.takesChunks();
        }
        if (way.otherTakesChunks) {
            other.takesChunks();
        } else {
            other.on("EHLO").reply("250-other.test", "250-PIPELINING", "250 SIZE");
        }
        SmtpProxyBuilder builder = proxy().filter(changing(change)).listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        SmtpProxy proxy = started(way.pooled ? builder.multiplexing(Pool.max(2)) : builder);
        proxies.add(proxy);
        return clientOf(proxy).greets();
    }

    private Message toOther(Message message) {
        return message.routedTo(other.destination());
    }

    private static Dialogue message(Dialogue client, Way way) {
        if (way.chunks) {
            return client.sends("BDAT 9\r\n" + MESSAGE.substring(0, 9))
                    .hears("250")
                    .sends("BDAT " + (MESSAGE.length() - 9) + " LAST\r\n" + MESSAGE.substring(9));
        }
        return client.says("DATA").hears("354").sends(STUFFED + ".\r\n");
    }

    private Outcome outcome() {
        await().until(() -> !outcomes.isEmpty());
        return outcomes.get(0);
    }

    /** The next transaction goes where transactions go. */
    private void assertGoesOn(Dialogue client) {
        client.says("RSET").hears("250");
        client.envelope().says("RSET").hears("250").says("QUIT").hears("221");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void the_other_destination_gets_it_and_its_reply_is_the_clients(Way way) {
        Dialogue client = client(way, this::toOther);
        other.on(way.chunks && way.otherTakesChunks ? "BDAT" : ".").reply("250 2.0.0 kept in quarantine");
        message(client.envelope(), way).hearsLine("250 2.0.0 kept in quarantine");
        assertThat(other.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
        assertThat(other.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
        assertThat(other.messages()).containsExactly(way.chunks && way.otherTakesChunks ? MESSAGE : STUFFED);
        assertThat(outcome().result()).isEqualTo(Outcome.Result.DELIVERED);
        assertThat(outcome().destination()).contains(other.destination());
        assertThat(destination.heard("RSET")).hasSize(1);
        assertGoesOn(client);
        await().untilAsserted(() -> assertThat(other.openConnections()).isZero());
    }

    @ParameterizedTest
    @EnumSource(names = {"CHUNKS", "CHUNKS_TO_DATA", "POOLED_CHUNKS", "POOLED_CHUNKS_TO_DATA"})
    void lines_of_the_header_section_that_begin_with_a_dot_end_nothing(Way way) {
        Dialogue client = client(way, this::toOther);
        String odd = "Subject: x\r\n.\r\nMAIL FROM:<c@smuggled.test>\r\n.x: y\r\n\r\n.\r\nbody\r\n";
        client.envelope().sends("BDAT " + odd.length() + " LAST\r\n" + odd).hears("250");
        assertThat(other.heard("MAIL")).hasSize(1);
        assertThat(other.messages()).containsExactly(way.otherTakesChunks ? odd : odd.replace("\r\n.", "\r\n.."));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void it_goes_there_with_its_changes(Way way) {
        RcptTo quarantine = RcptTo.of(Mailbox.parse("q@other.test"));
        Dialogue client = client(
                way,
                m -> toOther(m)
                        .withRecipients(List.of(quarantine))
                        .withHeaders(m.headers().prepend("X-Quarantine", "yes"))
                        .withContent(
                                Content.of((read(m.content()) + ".end\r\n").getBytes(StandardCharsets.ISO_8859_1))));
        message(client.envelope(), way).hears("250");
        String changed = "X-Quarantine: yes\r\n" + MESSAGE + ".end\r\n";
        assertThat(other.heard("RCPT")).containsExactly("RCPT TO:<q@other.test>");
        assertThat(other.messages())
                .containsExactly(way.chunks && way.otherTakesChunks ? changed : changed.replace("\r\n.", "\r\n.."));
        assertGoesOn(client);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_recipient_that_is_refused_there_is_451_and_nobody_has_the_message(Way way) {
        other.on("RCPT").reply("550 5.1.1 No such user");
        Dialogue client = client(way, this::toOther);
        message(client.envelope(), way).hears("451 4.3.0");
        assertThat(other.messages()).isEmpty();
        assertThat(outcome().result()).isEqualTo(Outcome.Result.REFUSED);
        assertGoesOn(client);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_message_that_is_refused_there_is_refused_in_its_words(Way way) {
        Dialogue client = client(way, this::toOther);
        other.on(way.chunks && way.otherTakesChunks ? "BDAT" : ".").reply("554 5.7.1 Not even here");
        message(client.envelope(), way).hearsLine("554 5.7.1 Not even here");
        assertThat(outcome().result()).isEqualTo(Outcome.Result.REFUSED);
        assertGoesOn(client);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void one_that_cannot_be_reached_is_451_and_the_session_goes_on(Way way) {
        Destination nobody = Ports.unreachable();
        Dialogue client = client(way, m -> m.routedTo(nobody));
        message(client.envelope(), way).hears("451 4.4.1");
        assertThat(outcome().result()).isEqualTo(Outcome.Result.REFUSED);
        assertGoesOn(client);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void one_that_is_lost_before_the_end_leaves_nothing_and_the_session_goes_on(Way way) {
        other.on("RCPT").fail(Fault.CLOSE);
        Dialogue client = client(way, this::toOther);
        message(client.envelope(), way).hears("451 4.4.2");
        assertThat(other.messages()).isEmpty();
        assertThat(outcome().result()).isEqualTo(Outcome.Result.FAILED);
        assertGoesOn(client);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_reply_that_is_lost_after_the_end_is_unknown_and_nothing_is_sent_again(Way way) {
        Dialogue client = client(way, this::toOther);
        other.on(way.chunks && way.otherTakesChunks ? "BDAT" : ".").fail(Fault.CLOSE);
        message(client.envelope(), way).hears("451 4.4.2");
        assertThat(outcome().result()).isEqualTo(Outcome.Result.UNKNOWN);
        assertGoesOn(client);
    }

    @Test
    void a_client_that_leaves_in_the_middle_leaves_both_with_nothing() {
        Dialogue client = client(Way.DATA, this::toOther);
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: half\r\n\r\nhal")
                .close();
        assertThat(outcome().result()).isEqualTo(Outcome.Result.ABORTED);
        assertThat(destination.messages()).isEmpty();
        assertThat(other.heard()).isEmpty();
    }

    @Test
    void one_that_is_larger_than_what_may_be_kept_is_refused_and_goes_nowhere() {
        destination.takesChunks();
        Dialogue client = clientOf(proxy(ENDPOINT.spool(1_000, 1_000)).filter(changing(this::toOther)))
                .greets();
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends("A: b\r\n\r\n" + "x\r\n".repeat(2_000) + ".\r\n")
                .hears("552 5.3.4");
        client.envelope()
                .sends("BDAT 8006 LAST\r\nA: b\r\n" + "x\r\n".repeat(2_666) + "yz")
                .hears("552 5.3.4");
        assertThat(other.heard()).isEmpty();
    }
}
