package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a destination said before a command, a block or the dot was written is not the answer to it. */
class UnaskedReplyTest extends ProxyTest {

    private static final String REFUSAL = "554 5.7.1 dest.test has had enough";
    private static final String ACCEPTANCE = "250 2.0.0 dest.test is early";

    /** So much cannot be written before the destination has read, and said, something. */
    private static final int PAST_ALL_BUFFERS = 20_000_000;

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    private Dialogue client(Looking looking) {
        return clientOf(looking.in(proxy()).listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        }));
    }

    private Dialogue client() {
        return client(Looking.NO_FILTER);
    }

    private void assertNothingDelivered(Result result) {
        await().untilAsserted(
                        () -> assertThat(outcomes).extracting(Outcome::result).containsExactly(result));
        assertThat(destination.messages()).isEmpty();
    }

    private static final class Verbs {
        static final String ALL = """
            EHLO client.test
            HELO client.test
            MAIL FROM:<a@client.test>
            RSET
            NOOP
            VRFY postmaster
            HELP
            FROB
            AUTH PLAIN AGFsaWNlAHNlc2FtZQ==
            """;
    }

    private Dialogue saidBefore(String unasked) {
        destination
                .on("EHLO first")
                .reply("250-dest.test", "250-AUTH PLAIN", "250-CHUNKING", "250 PIPELINING", unasked);
        return client().hears("220").says("EHLO first").hears("250");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = Verbs.ALL)
    void a_refusal_is_the_answer_to_whatever_comes_next(String command) {
        saidBefore(REFUSAL).says(command).hearsLine(REFUSAL);
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.heard()).containsExactly("EHLO first");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = Verbs.ALL)
    void an_acceptance_loses_the_connection(String command) {
        saidBefore(ACCEPTANCE).says(command).hears("421 4.4.2 ").hearsTheEnd();
        assertThat(destination.heard()).containsExactly("EHLO first");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Who is there?", "354 Go ahead", "334 VXNlcm5hbWU6", "220 2.0.0 Ready"})
    void so_does_all_else(String unasked) {
        saidBefore(unasked).says("MAIL FROM:<a@client.test>").hears("421 4.4.2 ");
    }

    @Test
    void a_refusal_counts_wherever_it_stands() {
        destination.on("EHLO").reply("250 dest.test", ACCEPTANCE, "421-4.3.2 dest.test", "421 4.3.2 goes down");
        client().hears("220")
                .says("EHLO client.test")
                .hears("250")
                .says("NOOP")
                .hearsLine("421-4.3.2 dest.test")
                .hearsLine("421 4.3.2 goes down")
                .hearsTheEnd();
    }

    @Test
    void behind_the_greeting() {
        destination.on("connect").reply("220 dest.test ESMTP", "250 dest.test greets you early");
        client().hears("220").says("EHLO client.test").hears("421 4.4.2 ");
    }

    @Test
    void before_rcpt() {
        destination.on("MAIL").reply("250 2.1.0 Sender ok", ACCEPTANCE);
        client().greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("421 4.4.2 ");
        assertThat(destination.heard("RCPT")).isEmpty();
        assertNothingDelivered(Result.FAILED);
    }

    @ParameterizedTest
    @CsvSource({"RCPT, 250 2.0.0 dest.test is early, 421 4.4.2", "RCPT, 554 5.7.1 no more, 554 5.7.1 no more"})
    void behind_a_pipelined_group(String last, String unasked, String answer) {
        destination.on(last).reply("250 2.1.5 Recipient ok", unasked);
        client().greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>")
                .hears("250 2.1.0")
                .hears("250 2.1.5")
                .says("DATA")
                .hears(answer);
        assertThat(destination.heard("DATA")).isEmpty();
    }

    @Test
    void within_a_pipelined_group_nothing_is_delivered() {
        destination.on("RCPT").reply("250 2.1.5 Recipient ok", ACCEPTANCE);
        client().greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("250 2.1.0")
                .hears("250 2.1.5")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertNothingDelivered(Result.FAILED);
    }

    @Test
    void long_answers_to_a_group_are_those_that_were_asked_for() {
        List<String> lines = new ArrayList<>(Collections.nCopies(24, "550-5.1.1 " + "x".repeat(490)));
        lines.add("550 5.1.1 No such user");
        destination.on("RCPT TO:<b").reply(lines.toArray(String[]::new));
        lines.add("550-5.1.1 Nor this");
        destination.on("RCPT TO:<c").reply(lines.toArray(String[]::new));
        destination.on("RCPT TO:<d").reply("550 5.1.1 one");
        Dialogue client = client().greets().says("MAIL FROM:<a@client.test>").hears("250");
        client.sends("RCPT TO:<b@dest.test>\r\n".repeat(5) + "RCPT TO:<c@dest.test>\r\nRCPT TO:<d@dest.test>\r\n");
        for (int i = 0; i < 7; i++) {
            client.hears("550");
        }
        client.says("NOOP").hears("250");
    }

    @Test
    void a_destination_that_goes_down_behind_a_group_has_answered_it() {
        destination.on("RCPT TO:<c").reply("550 5.1.1 No such user", "421 4.3.2 dest.test goes down");
        client().greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                .hears("250 2.1.0")
                .hears("250 2.1.5")
                .hears("550 5.1.1")
                .says("DATA")
                .hearsLine("421 4.3.2 dest.test goes down");
    }

    @ParameterizedTest
    @EnumSource
    void an_acceptance_behind_354_is_not_that_of_the_message(Looking looking) {
        destination.on("DATA").reply("354 Go ahead", ACCEPTANCE);
        destination.on(".").reply("554 5.7.1 Spam");
        client(looking)
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("421 4.4.2 ")
                .hearsTheEnd();
        assertNothingDelivered(Result.FAILED);
    }

    @ParameterizedTest
    @EnumSource
    void a_refusal_behind_354_is(Looking looking) {
        destination.on("DATA").reply("354 Go ahead", "552 5.3.4 Too big");
        client(looking)
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hearsLine("552 5.3.4 Too big")
                .says("NOOP")
                .hears("250");
        assertNothingDelivered(Result.REFUSED);
    }

    @ParameterizedTest
    @EnumSource(names = {"NO_FILTER", "LIMIT_SIZE"})
    void an_acceptance_in_mid_message_is_not_believed(Looking looking) {
        destination.on("body").fail(Fault.REPLY_250_AND_SWALLOW);
        Dialogue client =
                client(looking).greets().envelope().says("DATA").hears("354").sends("Subject: long\r\n\r\nhello\r\n");
        await().until(() -> destination.early() == 1);
        client.says(".").hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @Test
    void nor_where_a_filter_has_read_all_of_it() {
        destination.on("body").fail(Fault.REPLY_250_AND_SWALLOW);
        client(Looking.OPENED_BODY)
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("\r\n" + "one more line of a long message\r\n".repeat(PAST_ALL_BUFFERS / 33))
                .says(".")
                .hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @Test
    void two_answers_to_a_chunk_are_none_to_the_last() {
        destination.takesChunks();
        destination.on("BDAT 5").reply("250 2.0.0 Chunk taken", ACCEPTANCE);
        client().greets()
                .envelope()
                .says("BDAT 5")
                .sends("hello")
                .hears("250")
                .says("BDAT 2 LAST")
                .sends("\r\n")
                .hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @Test
    void a_refusal_behind_the_answer_to_a_chunk_is_that_to_the_last() {
        destination.takesChunks();
        destination.on("BDAT 5").reply("250 2.0.0 Chunk taken", REFUSAL);
        client().greets()
                .envelope()
                .says("BDAT 5")
                .sends("hello")
                .hears("250")
                .says("BDAT 2 LAST")
                .sends("\r\n")
                .hearsLine(REFUSAL);
        assertNothingDelivered(Result.REFUSED);
    }

    @ParameterizedTest
    @EnumSource
    void two_answers_to_the_first_part_of_a_large_chunk_are_none_to_its_rest(Looking looking) {
        destination.takesChunks();
        destination.on("BDAT").reply("250 2.0.0 Chunk taken", ACCEPTANCE);
        client(looking)
                .greets()
                .envelope()
                .says("BDAT 100000 LAST")
                .sends("\r\n" + "x".repeat(99_998))
                .hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @ParameterizedTest
    @EnumSource(names = {"NO_FILTER", "LIMIT_SIZE"})
    void an_acceptance_before_a_chunk_has_been_sent_is_not_believed(Looking looking) {
        destination.takesChunks();
        destination.on("chunk").fail(Fault.REPLY_250_AND_SWALLOW);
        Dialogue client =
                client(looking).greets().envelope().says("BDAT 100000 LAST").sends("\r\n" + "x".repeat(998));
        await().until(() -> destination.early() == 1);
        client.sends("x".repeat(99_000)).hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENED_BODY", "OPENED_UNLESS_LARGE"})
    void nor_where_a_filter_has_it_whole(Looking looking) {
        destination.takesChunks();
        destination.on("chunk").fail(Fault.REPLY_250_AND_SWALLOW);
        client(looking)
                .greets()
                .envelope()
                .says("BDAT " + PAST_ALL_BUFFERS + " LAST")
                .sends("\r\n" + "x".repeat(PAST_ALL_BUFFERS - 2))
                .hears("421 4.4.2 ");
        assertNothingDelivered(Result.FAILED);
    }

    @Test
    void an_acceptance_and_a_refusal_of_one_message_leave_it_unknown() {
        destination.on(".").reply("250 2.0.0 Ok: queued as T1", "554 5.7.1 Spam");
        client().greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("451 4.4.2 ");
        await().untilAsserted(
                        () -> assertThat(outcomes).extracting(Outcome::result).containsExactly(Result.UNKNOWN));
    }

    @Test
    void a_destination_that_accepts_and_goes_down_has_accepted() {
        destination.on(".").reply("250 2.0.0 Ok: queued as T1", "421 4.3.2 dest.test goes down");
        client().greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hearsLine("250 2.0.0 Ok: queued as T1")
                .says("MAIL FROM:<a@client.test>")
                .hearsLine("421 4.3.2 dest.test goes down")
                .hearsTheEnd();
    }

    @Test
    void within_tls() {
        destination.startTls(Certificate.LOCAL.shown());
        destination.on("MAIL").reply("250 2.1.0 Sender ok", ACCEPTANCE);
        Router router = Router.to(destination.destination().startTls(StartTls.REQUIRED));
        clientOf(proxy(ENDPOINT, router))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("421 4.4.2 ");
    }

    @ParameterizedTest
    @CsvSource({"250 2.0.0 dest.test is early, 421 4.4.2", "554 5.7.1 no more, 554 5.7.1 no more"})
    void at_a_route_that_was_found_late(String unasked, String answer) {
        destination.on("RCPT").reply("250 2.1.5 Recipient ok", unasked);
        clientOf(proxy(ENDPOINT, Router.byRecipientDomain().otherwise(destination.destination())))
                .greets()
                .envelope()
                .says("DATA")
                .hears(answer);
        assertThat(destination.heard("DATA")).isEmpty();
    }
}
