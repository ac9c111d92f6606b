package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection to a destination: what its answers are, and when it may be used again. */
@Timeout(60)
class DownstreamTest {

    private static final Wire.Log NAME = new Wire.Log(Wire.NO_TRANSCRIPT, "s1", Transcript.Lane.DESTINATION);
    private static final String MAIL = "MAIL FROM:<a@client.test>";
    private static final String RCPT = "RCPT TO:<b@dest.test>";

    private final Network network = PlainNetwork.start();
    private final ScriptedDestination destination = ScriptedDestination.start();
    private final CapturedLog log = new CapturedLog();
    private final DestinationState state = DestinationState.ofNobody(destination.destination());
    private Downstream downstream;

    @BeforeEach
    void connect() throws IOException {
        downstream = new Connector(network, Timeouts.defaults(), NAME)
                .connect(destination.destination(), Optional.empty(), state);
        assertThat(downstream.greeting().isPositive()).isTrue();
        assertThat(downstream.hello(new Hello(true, "proxy.test")).isPositive()).isTrue();
    }

    @AfterEach
    void close() {
        downstream.close();
        await().until(() -> destination.openConnections() == 0);
        destination.close();
        network.close();
        log.close();
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private List<String> sentSinceHello() {
        return destination.heard().stream().skip(1).toList();
    }

    private void openTransaction() {
        downstream.pipeline(MAIL);
        assertThat(downstream.pipeline(RCPT).await().isPositive()).isTrue();
    }

    private Answer sendMessage() {
        assertThat(downstream.data("DATA").await().isIntermediate()).isTrue();
        byte[] message = octets("Subject: x\r\n\r\nText\r\n.\r\n");
        return downstream.commit(message, 0, message.length);
    }

    @Test
    void a_pipelined_group_is_sent_when_its_first_answer_is_waited_for() {
        PendingAnswer mail = downstream.pipeline(MAIL);
        PendingAnswer rcpt = downstream.pipeline(RCPT);
        assertThat(mail.isKnown()).isFalse();
        assertThat(sentSinceHello()).isEmpty();
        assertThat(mail.await().reply()).contains(Reply.of(250, "2.1.0 Sender ok"));
        assertThat(rcpt.await()).isEqualTo(Answer.of(Reply.of(250, "2.1.5 Recipient ok")));
        assertThat(rcpt.await()).isSameAs(rcpt.await());
        assertThat(sentSinceHello()).containsExactly(MAIL, RCPT);
    }

    @Test
    void a_lost_connection_answers_everything_with_that() {
        destination.on("RCPT TO:").fail(Fault.CLOSE);
        PendingAnswer mail = downstream.pipeline(MAIL);
        PendingAnswer rcpt = downstream.pipeline(RCPT);
        assertThat(mail.await().isPositive()).isTrue();
        assertThat(rcpt.await().failure()).contains(Failure.LOST);
        assertThat(rcpt.await().isRefusal()).isTrue();
        assertThat(downstream.pipeline("RCPT TO:<c@dest.test>").isKnown()).isTrue();
        assertThat(downstream.ask("NOOP").is(Failure.LOST)).isTrue();
        assertThat(downstream.lastAnswer().is(Failure.LOST)).isTrue();
        assertThat(downstream.reset()).isFalse();
        assertThat(log.lines(Level.WARN))
                .singleElement()
                .asString()
                .contains("lost while waiting for the reply to RCPT");
    }

    @Test
    void a_connection_that_is_lost_behind_the_end_of_data_may_have_delivered() {
        openTransaction();
        destination.on(".").fail(Fault.CLOSE);
        assertThat(sendMessage().failure()).contains(Failure.LOST_AFTER_COMMIT);
        assertThat(log.lines(Level.WARN)).singleElement().asString().contains("the message may be delivered");
    }

    @Test
    void reset_makes_a_connection_fit_for_another_transaction() {
        openTransaction();
        assertThat(downstream.hasTransaction()).isTrue();
        assertThat(downstream.reset()).isTrue();
        assertThat(downstream.hasTransaction()).isFalse();
        assertThat(sentSinceHello()).containsExactly(MAIL, RCPT, "RSET");
        openTransaction();
        assertThat(sendMessage().isPositive()).isTrue();
    }

    @Test
    void reset_waits_for_what_is_pending() {
        PendingAnswer mail = downstream.pipeline(MAIL);
        assertThat(downstream.reset()).isTrue();
        assertThat(mail.isKnown()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"421 4.3.2 dest.test goes down", "503 5.5.1 No", "354 Go on"})
    void a_connection_that_cannot_be_reset_is_closed(String reply) {
        openTransaction();
        destination.on("RSET").reply(reply);
        assertThat(downstream.reset()).isFalse();
        assertThat(downstream.isLost()).isTrue();
    }

    @Test
    void a_connection_is_closed_on_which_there_is_more_than_the_reply_to_reset() {
        openTransaction();
        destination.on("RSET").reply("250 2.0.0 Reset", "250 2.0.0 Nobody asked");
        assertThat(downstream.reset()).isFalse();
        assertThat(downstream.isLost()).isTrue();
    }

    @Test
    void in_a_message_reset_closes_since_it_would_be_content() {
        openTransaction();
        assertThat(downstream.data("DATA").await().isIntermediate()).isTrue();
        assertThat(downstream.reset()).isFalse();
        await().until(() -> destination.openConnections() == 0);
        assertThat(sentSinceHello()).containsExactly(MAIL, RCPT, "DATA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"250 2.0.0 Ok", "554 5.7.1 No"})
    void after_the_reply_to_a_message_nothing_has_to_be_reset(String reply) {
        openTransaction();
        destination.on(".").reply(reply);
        assertThat(sendMessage().reply()).map(Reply::toString).contains(reply);
        assertThat(downstream.hasTransaction()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO client.test", "HELO client.test", "rset"})
    void a_client_that_ends_its_transaction_leaves_nothing_to_reset(String command) {
        openTransaction();
        assertThat(downstream.ask(command).isPositive()).isTrue();
        assertThat(downstream.hasTransaction()).isFalse();
    }

    @Test
    void a_mail_that_is_refused_begins_nothing() {
        destination.on("MAIL FROM:").reply("550 5.7.1 No");
        PendingAnswer mail = downstream.pipeline(MAIL);
        assertThat(downstream.hasTransaction()).isTrue();
        assertThat(mail.await().isRefusal()).isTrue();
        assertThat(downstream.hasTransaction()).isFalse();
    }
}
