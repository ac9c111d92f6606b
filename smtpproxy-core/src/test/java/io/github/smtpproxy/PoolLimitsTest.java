package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pool does within the limits of its servers, and of itself. */
@Timeout(60)
class PoolLimitsTest extends PoolTest {

    private static final Duration OFTEN = Duration.ofSeconds(1);

    @Test
    void an_idle_connection_makes_room_for_a_probe() {
        Dialogue client =
                clientOf(pooled(Pool.max(1), proxy().probe(OFTEN))).greets().envelope();
        client.says("RSET").hears("250");
        await().until(() -> discarded.contains(Discard.EVICTED));
        await().until(() -> !destination.heard("NOOP").isEmpty());
        client.envelope().says("RSET").hears("250");
    }

    /** Each transaction has two, so that a third one would not have room for both. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void each_mail_of_a_transaction_that_begins_again_counts(int most) {
        destination.offers("LIMITS MAILMAX=" + most);
        SmtpProxy through =
                pooled(Pool.max(1), proxy().filter(changing(m -> m.withSender(Mailbox.parse("d@dest.test")))));
        Dialogue client = clientOf(through).greets();
        for (int i = 0; i < 2; i++) {
            client.envelope().says("DATA").hears("354").says("hello").says(".").hears("250");
        }
        assertThat(destination.heard("MAIL")).hasSize(4);
        assertThat(discarded).containsExactly(Discard.USED_UP, Discard.USED_UP);
    }

    @Test
    void an_idle_connection_that_does_not_answer_rset_is_waited_for_seconds_only() {
        SmtpProxy through = pooled(Pool.max(1), proxy());
        clientOf(through).greets().envelope().says("RSET").hears("250");
        destination.on("RSET").fail(Fault.STALL);
        clientOf(through).greets().envelope();
        assertThat(discarded).containsExactly(Discard.LOST);
        destination.on("RSET").reply("250 2.0.0 Reset");
    }

    /** The first 500 are all in line when the other client comes. */
    @Test
    void a_client_with_500_sessions_does_not_own_the_line() throws IOException {
        SmtpProxy through = pooled(Pool.max(1), proxy(ENDPOINT.maxConnections(1_000)));
        Dialogue holder = clientOf(through).greets().envelope();
        for (int i = 0; i < 500; i++) {
            clientOf(through).greets().sends(mailAndRest("many"));
        }
        await().until(() -> through.pools().get(0).waiting() == 500);
        InetAddress other = InetAddress.getByName("127.0.0.2");
        try (Socket socket =
                new Socket(through.address().getAddress(), through.address().getPort(), other, 0)) {
            Dialogue client = Dialogue.on(socket).greets().sends(mailAndRest("one"));
            await().until(() -> through.pools().get(0).waiting() == 501);
            holder.says("RSET").hears("250");
            client.hears("250").hears("250");
        }
        await().until(() -> destination.heard("MAIL").size() == 502);
        assertThat(destination.heard("MAIL").subList(0, 4)).contains("MAIL FROM:<one@client.test>");
    }

    private static String mailAndRest(String sender) {
        return "MAIL FROM:<" + sender + "@client.test>\r\nRSET\r\n";
    }

    @Test
    void a_server_that_does_not_answer_quit_holds_up_no_other_connection() {
        int connections = 12;
        SmtpProxy through = pooled(Pool.max(connections).idle(Duration.ofSeconds(1)), proxy());
        List<Dialogue> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            clients.add(clientOf(through).greets().envelope());
        }
        destination.on("QUIT").fail(Fault.STALL);
        clients.forEach(client -> client.says("RSET").hears("250"));
        // one after the other they would be waited for twice as long
        await().atMost(Duration.ofSeconds(connections)).until(() -> discarded.size() == connections);
        assertThat(discarded).containsOnly(Discard.IDLE);
    }
}
