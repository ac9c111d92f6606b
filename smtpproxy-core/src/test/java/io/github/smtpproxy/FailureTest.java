package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.Ports;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client hears when the proxy, not the destination, must answer. */
class FailureTest extends ProxyTest {

    private static final Duration SOON = Duration.ofMillis(500);
    private static final Timeouts QUICK = Timeouts.defaults()
            .connect(SOON)
            .greeting(SOON)
            .command(SOON)
            .dataCommand(SOON)
            .dataBlock(SOON)
            .finalDot(SOON);

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    private SmtpProxyBuilder quick() {
        return proxy().timeouts(QUICK).listener(outcomes());
    }

    private ProxyListener outcomes() {
        return new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        };
    }

    private void assertOutcome(Outcome.Result result) {
        await().untilAsserted(
                        () -> assertThat(outcomes).extracting(Outcome::result).containsExactly(result));
    }

    private SmtpProxyBuilder late(Destination to) {
        return proxy(ENDPOINT, Router.byRecipientDomain().otherwise(to))
                .timeouts(QUICK)
                .listener(outcomes());
    }

    @Test
    void an_unreachable_destination_is_421_4_4_1_as_greeting() {
        clientOf(proxy(ENDPOINT, Router.to(Ports.unreachable())))
                .hears("421 4.4.1 ")
                .hearsTheEnd();
    }

    @Test
    void a_destination_without_name_is_421_4_4_1_and_its_name_is_not_told() {
        Dialogue client = clientOf(proxy(ENDPOINT, Router.to(Destination.at("no-such-host.invalid", 25))));
        List<String> greeting = client.reply();
        assertThat(greeting).hasSize(1);
        assertThat(greeting.get(0)).startsWith("421 4.4.1 ").doesNotContain("no-such-host");
        client.hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_that_does_not_greet_is_421_4_4_1(Fault fault) {
        destination.on("connect").fail(fault);
        clientOf(quick()).hears("421 4.4.1 ").hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(strings = {"421 4.3.2 dest.test is busy", "450 4.7.1 Later"})
    void a_greeting_that_refuses_for_now_is_the_destinations_own(String greeting) {
        destination.on("connect").reply(greeting);
        clientOf(quick()).hearsLine(greeting).hearsTheEnd();
    }

    @Test
    void a_greeting_that_refuses_for_good_is_the_destinations_own_and_waits_for_quit() {
        destination.on("connect").reply("554 5.7.1 No service here");
        clientOf(quick())
                .hearsLine("554 5.7.1 No service here")
                .says("EHLO client.test")
                .hears("503 5.5.1 ")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
    }

    @Test
    void a_client_that_was_turned_away_may_not_stay_for_ever() {
        destination.on("connect").reply("554 5.7.1 No service here");
        Timeouts quick = QUICK.clientCommand(SOON);
        clientOf(proxy().timeouts(quick))
                .hearsLine("554 5.7.1 No service here")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        Dialogue talking =
                clientOf(proxy(ENDPOINT.maxErrors(3)).timeouts(quick)).hears("554");
        for (int i = 0; i < 3; i++) {
            talking.says("NOOP").hears("503 5.5.1 ");
        }
        talking.says("NOOP").hears("421 4.7.0 ").hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void quit_to_a_destination_that_is_gone_is_221(Fault fault) {
        destination.on("QUIT").fail(fault);
        clientOf(quick()).greets().says("QUIT").hearsLine("221 2.0.0 Bye").hearsTheEnd();
    }

    @Test
    void quit_in_a_transaction_whose_destination_has_gone_is_221() {
        Dialogue client = clientOf(quick()).greets().envelope();
        destination.close();
        client.says("QUIT").hearsLine("221 2.0.0 Bye").hearsTheEnd();
        assertOutcome(Outcome.Result.ABORTED);
    }

    @Test
    void a_destination_that_greets_421_and_closes_is_relayed() {
        destination.on("connect").fail(Fault.REPLY_421_AND_CLOSE);
        clientOf(quick()).hearsLine("421 4.3.2 dest.test goes down").hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_at_ehlo_is_421_4_4_2(Fault fault) {
        destination.on("EHLO").fail(fault);
        clientOf(quick())
                .hears("220")
                .says("EHLO client.test")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_at_mail_is_421_4_4_2(Fault fault) {
        destination.on("MAIL").fail(fault);
        clientOf(quick())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_at_rcpt_is_421_4_4_2(Fault fault) {
        destination.on("RCPT").fail(fault);
        clientOf(quick())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertOutcome(Outcome.Result.FAILED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_at_data_is_421_4_4_2(Fault fault) {
        destination.on("DATA").fail(fault);
        clientOf(quick()).greets().envelope().says("DATA").hears("421 4.4.2 ").hearsTheEnd();
        assertOutcome(Outcome.Result.FAILED);
    }

    @Test
    void a_destination_that_says_421_ends_the_session_with_its_own_words() {
        destination.on("RCPT").fail(Fault.REPLY_421_AND_CLOSE);
        clientOf(quick())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("421 4.3.2 dest.test goes down")
                .hearsTheEnd();
    }

    @Test
    void in_a_pipelined_group_what_was_answered_before_the_loss_is_still_told() {
        destination.on("RCPT TO:<c").fail(Fault.CLOSE);
        clientOf(quick())
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                .hearsLine("250 2.1.0 Sender ok")
                .hearsLine("250 2.1.5 Recipient ok")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "REPLY_421_AND_CLOSE"})
    void a_destination_lost_while_the_message_passes_is_421_and_the_message_is_swallowed_first(Fault fault) {
        destination.on("body").fail(fault);
        Dialogue client = clientOf(quick())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: long")
                .says("");
        // gone before the rest is sent: what is lost behind the final dot is another case
        await().until(() -> destination.openConnections() == 0);
        client.sends("one more line of a long message\r\n".repeat(20_000))
                .says(".")
                .hears("421 4.")
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_lost_connection_is_closed_when_the_next_one_is_opened() {
        destination.on(".").fail(Fault.GARBAGE_REPLY);
        clientOf(quick())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("451 4.4.2 ")
                .says("NOOP")
                .hears("250");
        await().until(() -> destination.openConnections() == 1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void a_destination_lost_after_the_final_dot_is_451_4_4_2_unknown_and_not_retried(Fault fault) {
        destination.on(".").fail(fault);
        clientOf(quick())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("451 4.4.2 ");
        assertOutcome(Outcome.Result.UNKNOWN);
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(destination.heard("DATA")).hasSize(1);
    }

    @Test
    void after_a_loss_behind_the_final_dot_the_session_goes_on() {
        destination.on(".").fail(Fault.CLOSE);
        Dialogue client = clientOf(quick())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("451 4.4.2 ");
        destination.on(".").reply("250 2.0.0 Ok: queued as T2");
        client.envelope().says("DATA").hears("354").says("again").says(".").hears("250 2.0.0 Ok: queued as T2");
        assertThat(destination.messages()).containsExactly("hello\r\n", "again\r\n");
    }

    @Test
    void a_client_that_goes_in_the_middle_of_a_message_leaves_the_destination_with_nothing() {
        Dialogue client =
                clientOf(quick()).greets().envelope().says("DATA").hears("354").says("hello");
        client.closes();
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
        assertOutcome(Outcome.Result.ABORTED);
    }

    @Test
    void a_client_that_stalls_in_the_middle_of_a_message_hears_421_4_4_2() {
        clientOf(quick())
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_client_that_is_idle_too_long_hears_421_4_4_2() {
        clientOf(proxy().timeouts(Timeouts.defaults().clientCommand(SOON)))
                .greets()
                .hears("421 4.4.2 ")
                .hearsTheEnd();
    }

    @Test
    void a_client_that_drips_a_command_hears_421_4_4_2() {
        Dialogue client = clientOf(proxy().timeouts(Timeouts.defaults().clientCommand(SOON)))
                .greets()
                .sends("NO");
        client.hears("421 4.4.2 ").hearsTheEnd();
    }

    @Test
    void too_many_errors_are_421_4_7_0() {
        destination.on("FROB").reply("500 5.5.1 What?");
        Dialogue client = clientOf(proxy(ENDPOINT.maxErrors(3))).greets();
        for (int i = 0; i < 3; i++) {
            client.says("FROB").hears("500");
        }
        client.says("FROB").hears("421 4.7.0 ").hearsTheEnd();
    }

    @Test
    void refused_recipients_are_no_errors_of_the_client() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        Dialogue client = clientOf(proxy(ENDPOINT.maxErrors(2)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        for (int i = 0; i < 5; i++) {
            client.says("RCPT TO:<b@dest.test>").hears("550 5.1.1");
        }
        client.says("QUIT").hears("221");
    }

    @Test
    void one_connection_too_many_hears_421_4_3_2() {
        SmtpProxy proxy = started(proxy(ENDPOINT.maxConnections(2)));
        Dialogue first = clientOf(proxy).hears("220");
        clientOf(proxy).hears("220");
        clientOf(proxy).hears("421 4.3.2 ").hearsTheEnd();
        first.closes();
        await().until(() -> destination.openConnections() == 1);
        await().until(() -> clientOf(proxy).reply().get(0).startsWith("220"));
    }

    @Test
    void a_command_line_that_is_too_long_is_500_5_5_2_and_the_session_goes_on() {
        clientOf(proxy())
                .greets()
                .says("NOOP " + "x".repeat(3_000))
                .hears("500 5.5.2 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard("NOOP")).containsExactly("NOOP");
    }

    @Test
    void a_command_line_of_the_longest_length_is_relayed() {
        String line = "NOOP " + "x".repeat(2_048 - 7);
        clientOf(proxy()).greets().says(line).hears("250");
        assertThat(destination.heard("NOOP")).containsExactly(line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"STARTTLS", "XCLIENT ADDR=192.0.2.1", "ETRN dest.test", "TURN"})
    void commands_of_extensions_that_are_not_carried_stay_with_the_proxy(String line) {
        clientOf(proxy()).greets().says(line).hears("50").says("NOOP").hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "NOOP");
    }

    @Test
    void one_recipient_too_many_is_452_4_5_3() {
        clientOf(proxy(ENDPOINT.maxRecipients(2)))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .says("RCPT TO:<d@dest.test>")
                .hears("452 4.5.3 ");
        assertThat(destination.heard("RCPT")).hasSize(2);
    }

    @Test
    void unreachable_when_the_transaction_opens_is_451_4_4_1_and_the_session_goes_on() {
        clientOf(late(Ports.unreachable()))
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hearsLine("250 2.1.0 Ok")
                .says("RCPT TO:<b@dest.test>")
                .hears("451 4.4.1 ")
                .says("RSET")
                .hears("250")
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("QUIT")
                .hears("221");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"RESET", "CLOSE", "STALL", "GARBAGE_REPLY", "ENDLESS_REPLY", "CUT_IN_REPLY"})
    void silent_when_the_transaction_opens_is_451_4_4_1(Fault fault) {
        SmtpProxy proxy = started(late(destination.destination()));
        Dialogue client = clientOf(proxy).hears("220").says("EHLO client.test").hears("250");
        destination.on("connect").fail(fault);
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("451 4.4.1 ");
    }

    @Test
    void a_late_destination_that_refuses_the_sender_refuses_the_recipient() {
        destination.on("MAIL").reply("553 5.1.8 Unknown sender");
        clientOf(late(destination.destination()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hearsLine("250 2.1.0 Ok")
                .says("RCPT TO:<b@dest.test>")
                .hears("553 5.1.8");
    }

    @Test
    void a_late_destination_lost_in_mid_transaction_is_421_4_4_2() {
        destination.on("RCPT TO:<c").fail(Fault.CLOSE);
        clientOf(late(destination.destination()))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
    }

    @Test
    void no_answer_tells_names_or_failures_of_the_inside() {
        destination.on("MAIL").fail(Fault.CLOSE);
        Dialogue client = clientOf(quick()).greets().says("MAIL FROM:<a@client.test>");
        assertThat(String.join("\n", client.reply()))
                .doesNotContain(
                        "127.0.0.1",
                        "Exception",
                        "java",
                        String.valueOf(destination.destination().port()));
    }
}
