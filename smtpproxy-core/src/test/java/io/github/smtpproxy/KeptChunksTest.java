package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.looking;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.ContentFilters.Look;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Chunks that together are more than may be kept: filters decide before the last one comes, and what they decide holds. */
class KeptChunksTest extends ProxyTest {

    private static final String HEADER = "Subject: x\r\n\r\n";
    private static final String SMALL = ".hello\r\n..\r\n";
    private static final Endpoint LITTLE = ENDPOINT.spool(100, 200_000);

    private final List<Object> seen = new CopyOnWriteArrayList<>();

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

    private static String bdat(String octets) {
        return "BDAT " + octets.length() + "\r\n" + octets;
    }

    private static String last(String octets) {
        return "BDAT " + octets.length() + " LAST\r\n" + octets;
    }

    @Test
    void chunks_that_are_more_than_may_be_kept_go_on_before_the_last_one_comes() {
        Dialogue client = clientPast(LITTLE, keeping(1_000));
        client.sends(bdat(HEADER + "x".repeat(100_000))).hears("250 2.0.0 100014 octets received");
        assertThat(seen).isEmpty();
        client.sends(bdat("y".repeat(150_000))).hears("250 2.0.0 Chunk taken");
        assertThat(seen).containsExactly(false);
        client.sends(bdat("z"))
                .hears("250 2.0.0 Chunk taken")
                .sends(last("\r\n"))
                .hears("250");
        assertThat(destination.heard("BDAT")).containsExactly("BDAT 250014", "BDAT 1", "BDAT 2 LAST");
        assertThat(destination.messages())
                .containsExactly(HEADER + "x".repeat(100_000) + "y".repeat(150_000) + "z\r\n");
    }

    @Test
    void a_refusal_of_such_a_message_holds_for_its_further_chunks() {
        Dialogue client = clientPast(
                LITTLE, (m, next) -> m.keepUpTo(1_000) ? next.proceed(m) : Reply.reject("5.7.1", "Too large"));
        client.sends(bdat(HEADER + "x".repeat(300_000)))
                .hearsLine("550 5.7.1 Too large")
                .sends(bdat("RSET\r\n") + last("QUIT\r\n"))
                .hears("503 5.5.1")
                .hears("503 5.5.1");
        assertThat(destination.heard("BDAT")).isEmpty();
        client.says("RSET").hears("250").envelope().sends(last(HEADER + SMALL)).hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + SMALL);
    }

    @Test
    void a_refusal_of_such_a_message_by_the_destination_holds_too() {
        destination.on("BDAT 1").reply("552 5.3.4 No room");
        clientPast(LITTLE, keeping(1_000))
                .sends(bdat(HEADER + "x".repeat(300_000)))
                .hears("250")
                .sends(bdat("y"))
                .hearsLine("552 5.3.4 No room")
                .sends(last(""))
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250")
                .envelope();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_filter_that_fails_when_the_begin_has_been_sent_gives_the_message_up() {
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            next.proceed(m).code();
            throw new IllegalStateException("secret of the inside");
        });
        client.sends(bdat(HEADER + "x".repeat(300_000)))
                .hears("451 4.3.0")
                .sends(last("y"))
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250")
                .envelope();
        assertThat(destination.messages()).isEmpty();
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("failed at Message");
    }

    @Test
    void a_client_that_begins_anew_in_the_rest_leaves_nothing() {
        Dialogue client = clientPast(LITTLE, keeping(1_000));
        client.sends(bdat(HEADER + "x".repeat(300_000)))
                .hears("250")
                .says("RSET")
                .hears("250")
                .envelope()
                .sends(last(HEADER + SMALL))
                .hears("250");
        assertThat(destination.messages()).containsExactly(HEADER + SMALL);
    }

    @Test
    void recipients_added_while_they_are_kept_are_the_filters_too() {
        Dialogue client = clientPast(LITTLE, (m, next) -> {
            seen.add(m.recipients().size());
            return next.proceed(m);
        });
        client.sends(bdat(HEADER + "x".repeat(100_000)))
                .hears("250")
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .sends(bdat("y".repeat(150_000)))
                .hears("250")
                .sends(last("\r\n"))
                .hears("250");
        assertThat(seen).containsExactly(2);
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void another_envelope_needs_the_whole_message_and_is_552() {
        Dialogue client = clientPast(
                LITTLE,
                (m, next) -> next.proceed(m.withRecipients(m.recipients().subList(0, 1).stream()
                        .map(r -> r.withRecipient(Mailbox.parse("d@dest.test")))
                        .toList())));
        client.sends(bdat(HEADER + "x".repeat(300_000)))
                .hears("552 5.3.4 ")
                .sends(last(""))
                .hears("503 5.5.1")
                .says("RSET")
                .hears("250");
        assertThat(destination.heard("BDAT")).isEmpty();
    }
}
