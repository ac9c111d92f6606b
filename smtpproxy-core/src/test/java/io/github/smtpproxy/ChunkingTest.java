package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** BDAT (RFC 3030), relayed live. */
class ChunkingTest extends ProxyTest {

    private static final String MESSAGE = "Subject: one\r\n\r\nhello\r\n";

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    private final ProxyListener listening = new ProxyListener() {
        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            outcomes.add(outcome);
        }
    };

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    private static String bdat(String octets) {
        return "BDAT " + octets.length() + "\r\n" + octets;
    }

    private static String last(String octets) {
        return "BDAT " + octets.length() + " LAST\r\n" + octets;
    }

    private static String binary(int size) {
        byte[] octets = new byte[size];
        new Random(size).nextBytes(octets);
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    private Dialogue envelope() {
        return clientOf(proxy().listener(listening)).greets().envelope();
    }

    private Dialogue binaryEnvelope(Dialogue client) {
        return client.says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    private Dialogue binaryEnvelope() {
        return binaryEnvelope(clientOf(proxy().listener(listening)).greets());
    }

    private Result outcome() {
        await().until(() -> !outcomes.isEmpty());
        return outcomes.get(0).result();
    }

    @Test
    void one_chunk_is_a_message_and_its_answer_the_destinations() {
        destination.on("BDAT 23 LAST").reply("250-2.0.0 Queued", "250 2.0.0 as B1");
        envelope().sends(last(MESSAGE)).hearsLine("250-2.0.0 Queued").hearsLine("250 2.0.0 as B1");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(outcome()).isEqualTo(Result.DELIVERED);
        assertThat(outcomes.get(0).octets()).isEqualTo(23);
    }

    @Test
    void each_chunk_has_the_destinations_own_answer() {
        destination.on("BDAT 3").reply("250 2.0.0 three");
        destination.on("BDAT 5").reply("250 2.0.0 five");
        destination.on("BDAT 2 LAST").reply("250 2.0.0 all of it");
        envelope()
                .sends(bdat("abc"))
                .hearsLine("250 2.0.0 three")
                .sends(bdat("defgh"))
                .hearsLine("250 2.0.0 five")
                .sends(last("ij"))
                .hearsLine("250 2.0.0 all of it");
        assertThat(destination.messages()).containsExactly("abcdefghij");
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 3", "BDAT 5", "BDAT 2 LAST");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bdat 5 last", "BDAT 5 Last", "Bdat  5  LAST", "BDAT 005 LAST", "BDAT 5 LAST "})
    void the_command_is_read_in_every_spelling(String command) {
        envelope().sends(command + "\r\nhello").hears("250");
        assertThat(destination.messages()).containsExactly("hello");
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 5 LAST");
    }

    @Test
    void an_empty_last_chunk_ends_the_message() {
        envelope().sends(bdat(MESSAGE)).hears("250").says("BDAT 0 LAST").hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void an_empty_chunk_in_the_middle_is_one() {
        envelope()
                .sends(bdat("ab"))
                .hears("250")
                .says("BDAT 0")
                .hears("250")
                .sends(last("cd"))
                .hears("250");
        assertThat(destination.messages()).containsExactly("abcd");
    }

    @Test
    void an_empty_message_is_one() {
        envelope().says("BDAT 0 LAST").hears("250");
        assertThat(destination.messages()).containsExactly("");
    }

    @Test
    void chunks_of_one_octet_make_up_the_message() {
        Dialogue client = envelope();
        for (char octet : MESSAGE.toCharArray()) {
            client.sends(bdat(String.valueOf(octet))).hears("250");
        }
        client.says("BDAT 0 LAST").hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void a_pipelined_group_with_chunks_is_read_however_it_is_split() {
        String group = "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n" + bdat("RSET\r\n") + last("QUIT\r\n")
                + "NOOP\r\n";
        Dialogue client = clientOf(proxy()).greets();
        for (int at = 1; at < group.length(); at++) {
            client.sends(group.substring(0, at)).sends(group.substring(at));
            for (int reply = 0; reply < 5; reply++) {
                client.hears("250");
            }
        }
        assertThat(destination.messages()).hasSize(group.length() - 1).containsOnly("RSET\r\nQUIT\r\n");
        assertThat(destination.heard("QUIT")).isEmpty();
    }

    @Test
    void a_pipelined_group_is_read_octet_by_octet() {
        String group =
                "MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n" + bdat("RSET\r\n") + last("\0\r\n.\r\n");
        Dialogue client = clientOf(proxy()).greets();
        for (char octet : group.toCharArray()) {
            client.sends(String.valueOf(octet));
        }
        client.hears("250").hears("250").hears("250").hears("250");
        assertThat(destination.messages()).containsExactly("RSET\r\n\0\r\n.\r\n");
    }

    @Test
    void last_is_said_of_the_end_of_a_large_chunk_only() {
        String large = binary(100_000);
        binaryEnvelope().sends(last(large)).hears("250");
        assertThat(destination.messages()).containsExactly(large);
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 67232", "BDAT 32768 LAST");
    }

    @ParameterizedTest
    @ValueSource(ints = {32_767, 32_768, 32_769, 65_536})
    void chunks_around_the_size_of_a_block_arrive_whole(int size) {
        String octets = binary(size);
        Dialogue client = binaryEnvelope().sends(last(octets)).hears("250");
        binaryEnvelope(client)
                .sends(bdat(octets))
                .hears("250")
                .sends(last(octets))
                .hears("250");
        assertThat(destination.messages()).containsExactly(octets, octets + octets);
    }

    @Test
    void a_refusal_of_the_first_part_of_a_large_chunk_swallows_its_end_and_last_is_never_said() {
        destination.on("BDAT 67238").reply("552 5.3.4 Too much");
        envelope()
                .sends(last("RSET\r\n".repeat(16_666) + "...." + "NOOP\r\n"))
                .hearsLine("552 5.3.4 Too much")
                .envelope();
        assertThat(destination.heard("BDAT")).hasSize(1).noneMatch(l -> l.contains("LAST"));
        assertThat(destination.heard("NOOP")).isEmpty();
        assertThat(destination.messages()).isEmpty();
        assertThat(outcome()).isEqualTo(Result.REFUSED);
    }

    @Test
    void a_chunk_of_ten_megabytes_arrives_as_it_is() {
        String large = binary(10 << 20);
        binaryEnvelope().sends(bdat(large)).hears("250").sends(last("end")).hears("250");
        assertThat(destination.messages()).containsExactly(large + "end");
    }

    @Test
    void binary_content_is_not_touched() {
        String octets = "\0.\r\n..\r\n.\r\n\r\n.\r\nRSET\r\n\n\r\u00ff\u0080\r\n.\r\n.";
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250")
                .sends(last(octets))
                .hears("250");
        assertThat(destination.messages()).containsExactly(octets);
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test> BODY=BINARYMIME");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 50_000, 99_999})
    void a_last_chunk_that_ends_with_the_connection_is_never_a_message(int arrives) {
        binaryEnvelope().sends("BDAT 100000 LAST\r\n" + binary(arrives)).closes();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
        assertThat(outcomes.get(0).octets()).isEqualTo(arrives);
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.heard("BDAT")).noneMatch(l -> l.contains("LAST"));
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_last_chunk_that_ends_with_a_reset_is_never_a_message() {
        Dialogue client = envelope().sends(bdat("hello")).hears("250").sends("BDAT 100 LAST\r\n" + "x".repeat(99));
        client.resets();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 5");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_chunk_in_the_middle_that_ends_with_the_connection_is_no_message() {
        envelope().sends("BDAT 100\r\nhello").closes();
        await().until(() -> destination.connections() == 1 && destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
    }

    @Test
    void what_was_announced_and_did_not_come_is_not_counted() {
        envelope().sends("BDAT 999999999999999999\r\nhello").closes();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
        assertThat(outcomes.get(0).octets()).isEqualTo(5);
    }

    @Test
    void chunks_before_mail_are_swallowed_and_answered_by_the_destination() {
        clientOf(proxy())
                .greets()
                .sends(last("RSET\r\n"))
                .hearsLine("503 5.5.1 No chunk in this state")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "BDAT 6 LAST", "NOOP");
    }

    @Test
    void chunks_after_a_refused_recipient_are_swallowed() {
        destination.on("RCPT").reply("550 5.1.1 Nobody");
        clientOf(proxy())
                .greets()
                .sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n" + bdat("RSET\r\n") + last("QUIT\r\n"))
                .hears("250")
                .hears("550")
                .hearsLine("503 5.5.1 No chunk in this state")
                .hearsLine("503 5.5.1 No chunk in this state");
        assertThat(destination.heard()).contains("BDAT 6", "BDAT 6 LAST").doesNotContain("QUIT");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void chunks_without_recipients_are_swallowed() {
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .sends(last("RSET\r\n"))
                .hears("503")
                .says("RCPT TO:<b@dest.test>")
                .hears("503")
                .envelope()
                .sends(last(MESSAGE))
                .hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void a_destination_that_accepts_a_chunk_out_of_order_does_not_keep_the_session() {
        destination.on("BDAT").reply("250 2.0.0 Whatever");
        destination.on("RCPT").reply("550 5.1.1 Nobody");
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .sends(last("hello"))
                .hears("503");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void after_a_refused_chunk_the_others_are_swallowed_until_rset() {
        destination.on("BDAT 6").reply("452 4.3.1 No room");
        Dialogue client = envelope()
                .sends(bdat("RSET\r\n") + bdat("NOOP\r\n\r\n") + last("QUIT\r\n\r\n"))
                .hearsLine("452 4.3.1 No room")
                .hears("503")
                .hears("503");
        assertThat(destination.heard()).doesNotContain("RSET", "NOOP", "QUIT").noneMatch(l -> l.contains("LAST"));
        client.says("RSET").hears("250").envelope().sends(last(MESSAGE)).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void after_a_refused_last_chunk_a_transaction_can_begin() {
        destination.on("BDAT 6 LAST").reply("554 5.6.0 Bad content");
        envelope()
                .sends(last("RSET\r\n"))
                .hearsLine("554 5.6.0 Bad content")
                .envelope()
                .sends(last(MESSAGE))
                .hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(outcomes.get(0).result()).isEqualTo(Result.REFUSED);
    }

    @Test
    void data_after_a_chunk_is_out_of_order() {
        envelope()
                .sends(bdat("hello"))
                .hears("250")
                .says("DATA")
                .hears("503")
                .sends(last(" world"))
                .hears("250");
        assertThat(destination.messages()).containsExactly("hello world");
    }

    @Test
    void data_for_a_binary_message_is_out_of_order() {
        destination.on("DATA").reply("354 Whatever it is");
        clientOf(proxy())
                .greets()
                .says("MAIL FROM:<a@client.test> body=binarymime")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("503");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void rset_between_chunks_forgets_them() {
        envelope()
                .sends(bdat("hello"))
                .hears("250")
                .says("RSET")
                .hears("250")
                .envelope()
                .sends(last("new"))
                .hears("250");
        assertThat(destination.messages()).containsExactly("new");
        assertThat(outcome()).isEqualTo(Result.ABORTED);
    }

    @Test
    void mail_and_rcpt_behind_a_chunk_have_the_destinations_answer_and_the_message_stays_whole() {
        envelope()
                .sends(bdat("hello"))
                .hears("250")
                .says("MAIL FROM:<c@client.test>")
                .hears("503")
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .sends(last(" world"))
                .hears("250");
        assertThat(destination.messages()).containsExactly("hello world");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BDAT",
                "BDAT -5",
                "BDAT +5",
                "BDAT 12345678901234567890",
                "BDAT five",
                "BDAT 5 FIRST",
                "BDAT 5LAST",
                "BDAT 5 LAST x",
                "BDAT 0x5"
            })
    void a_size_that_is_none_announces_no_chunk(String command) {
        envelope()
                .says(command)
                .hearsLine("501 5.5.4 dest.test wants a size")
                .sends(last("hello"))
                .hears("250");
        assertThat(destination.heard("BDAT")).containsExactly("BDAT", "BDAT 5 LAST");
    }

    @Test
    void a_destination_lost_within_a_chunk_is_421() {
        destination.on("chunk").fail(Fault.RESET);
        envelope().sends(bdat("x".repeat(100_000))).hears("421 4.4.2").hearsTheEnd();
        assertThat(outcome()).isEqualTo(Result.FAILED);
    }

    @Test
    void a_destination_lost_within_a_last_chunk_is_451_and_nobody_knows() {
        destination.on("chunk").fail(Fault.RESET);
        envelope().sends(last("hello")).hears("451 4.4.2");
        assertThat(outcome()).isEqualTo(Result.UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RESET", "CLOSE", "CUT_IN_REPLY", "GARBAGE_REPLY"})
    void a_destination_lost_after_the_last_chunk_is_451_and_nobody_knows(String fault) {
        destination.on("BDAT").fail(Fault.valueOf(fault));
        envelope().sends(last("hello")).hears("451 4.4.2");
        assertThat(outcome()).isEqualTo(Result.UNKNOWN);
    }

    @Test
    void a_destination_that_goes_on_after_a_chunk_with_354_is_lost() {
        destination.on("BDAT").reply("354 More");
        envelope().sends(bdat("hello")).hears("421 4.4.2").hearsTheEnd();
    }

    @Test
    void a_client_that_stalls_in_a_chunk_is_421() {
        clientOf(proxy().listener(listening).timeouts(Timeouts.defaults().dataBlock(Duration.ofMillis(300))))
                .greets()
                .envelope()
                .sends("BDAT 100 LAST\r\nhello")
                .hears("421 4.4.2")
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard("BDAT")).isEmpty();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
    }

    @Test
    void the_received_field_is_added_once() {
        clientOf(proxy(ENDPOINT.received(true)))
                .greets()
                .envelope()
                .sends(bdat("Subject: one\r\n"))
                .hears("250")
                .sends(last("\r\nhello"))
                .hears("250")
                .envelope()
                .sends(last(MESSAGE))
                .hears("250")
                .envelope()
                .says("BDAT 0 LAST")
                .hears("250");
        assertThat(destination.messages()).hasSize(3).allSatisfy(m -> {
            assertThat(m).startsWith("Received: from client.test ([127.0.0.1])\r\n by proxy.test with ESMTP id ");
            assertThat(m.split("Received:", -1)).hasSize(2);
        });
        assertThat(destination.messages().get(0)).endsWith(" +0000\r\nSubject: one\r\n\r\nhello");
        assertThat(destination.messages().get(1)).endsWith(" +0000\r\n" + MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_throttle_that_refuses_in_a_chunk_swallows_it(boolean last) {
        long[] seen = {0};
        Dialogue client = clientOf(proxy().throttle(step -> {
                    seen[0] += step instanceof Step.Data data ? data.octets() : 0;
                    return step instanceof Step.Data && seen[0] > 70_000
                            ? Pace.refuse(Reply.defer("4.7.1", "Too fast"))
                            : Pace.go();
                }))
                .greets()
                .envelope();
        String octets = "RSET\r\n".repeat(20_000);
        client.sends(last ? last(octets) : bdat(octets)).hearsLine("451 4.7.1 Too fast");
        if (!last) {
            client.sends(last("QUIT\r\n")).hears("451").says("RSET").hears("250");
        }
        seen[0] = 0;
        client.envelope().sends(last(MESSAGE)).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(destination.heard()).doesNotContain("RSET", "QUIT");
    }

    @Test
    void swallowed_chunks_count_as_errors() {
        Dialogue client = clientOf(proxy(ENDPOINT.maxErrors(3))).greets();
        for (int i = 0; i < 3; i++) {
            client.sends(bdat("x")).hears("503");
        }
        client.sends(bdat("x")).hears("421 4.7.0").hearsTheEnd();
    }

    @Test
    void chunking_is_offered_where_the_destination_does() {
        assertThat(clientOf(proxy()).hears("220").says("EHLO client.test").reply())
                .contains("250-CHUNKING", "250-BINARYMIME");
    }

    @Test
    void a_destination_that_does_not_offer_chunking_never_sees_a_chunk() {
        destination.offers().on("BDAT").reply("500 5.5.1 What?");
        Dialogue client = clientOf(proxy()).hears("220").says("EHLO client.test");
        assertThat(client.reply()).doesNotContain("250-CHUNKING", "250-BINARYMIME");
        client.envelope()
                .sends(bdat("RSET\r\nMAIL FROM:<x@evil.test>\r\n") + last("RCPT TO:<y@dest.test>\r\n"))
                .hears("50")
                .hears("50");
        assertThat(destination.heard()).doesNotContain("MAIL FROM:<x@evil.test>", "RCPT TO:<y@dest.test>");
    }
}
