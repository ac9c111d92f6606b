package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The 421 that ends a session: what it says is true, and what a client sends behind it is not read for ever. */
class FarewellTest extends ProxyTest {

    private static final Duration SOON = Duration.ofMillis(700);
    private static final Reply ENOUGH = Reply.refusal(421, "4.7.1", "Enough");
    private static final String HUGE = "BDAT 999999999999999999\r\n";

    @BeforeEach
    void the_destination_takes_chunks() {
        destination.takesChunks();
    }

    private static Throttle at(Predicate<Step> step) {
        return s -> step.test(s) ? Pace.refuse(ENOUGH) : Pace.go();
    }

    private static Throttle at(String verb) {
        return at(s -> s instanceof Step.Command c && c.verb().equals(verb));
    }

    /** Sends content without end, until the proxy has gone. */
    private static void assertEnds(Dialogue client) {
        byte[] lines = "a line of a message that has no end\r\n".repeat(1_000).getBytes();
        Thread endless = new Thread(
                () -> {
                    try {
                        while (true) {
                            client.sends(lines);
                        }
                    } catch (AssertionError gone) {
                        // that is the end
                    }
                },
                "endless client");
        endless.setDaemon(true);
        endless.start();
        await().until(() -> !endless.isAlive());
    }

    @Test
    void a_chunk_behind_a_421_that_was_said_is_not_read_to_its_end() {
        Dialogue client = clientOf(proxy().throttle(at("RCPT")))
                .greets()
                .sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n" + HUGE);
        client.hears("250").hearsLine("421 4.7.1 Enough");
        assertEnds(client);
    }

    @Test
    void a_chunk_that_is_refused_with_421_is_not_read_to_its_end() {
        assertEnds(clientOf(proxy().throttle(at("BDAT"))).greets().envelope().sends(HUGE));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void content_that_a_throttle_refuses_with_421_is_not_read_to_its_end(boolean chunks) {
        Dialogue client = clientOf(proxy().throttle(at(Step.Data.class::isInstance)))
                .greets()
                .envelope();
        assertEnds(chunks ? client.sends(HUGE) : client.says("DATA").hears("354"));
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void content_whose_destination_has_gone_is_not_read_to_its_end(boolean chunks) {
        destination.on(chunks ? "chunk" : "body").fail(Fault.RESET);
        Dialogue client = clientOf(proxy()).greets().envelope();
        assertEnds(chunks ? client.sends(HUGE) : client.says("DATA").hears("354"));
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void content_that_a_filter_refuses_with_421_is_not_read_to_its_end() {
        Dialogue client = clientOf(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        return ENOUGH;
                    }
                }))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("");
        assertEnds(client);
        assertThat(destination.heard("DATA")).isEmpty();
    }

    @Test
    void a_chunk_of_a_client_that_was_turned_away_is_not_read_to_its_end() {
        destination.on("connect").reply("554 5.7.1 No service here");
        assertEnds(clientOf(proxy()).hears("554").sends(HUGE));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void content_that_comes_too_slowly_is_not_called_idle(boolean chunks) {
        Dialogue client = clientOf(proxy().timeouts(Timeouts.defaults().dataBlock(SOON)))
                .greets()
                .envelope();
        if (chunks) {
            client.sends("BDAT 1000\r\n");
        } else {
            client.says("DATA").hears("354");
        }
        client.sends("drop").hearsLine("421 4.4.2 Message comes too slowly").hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_command_that_comes_too_slowly_is_not_called_idle() {
        SmtpProxy proxy = started(proxy().timeouts(Timeouts.defaults().clientCommand(SOON)));
        clientOf(proxy)
                .greets()
                .sends("NO")
                .hearsLine("421 4.4.2 Line comes too slowly")
                .hearsTheEnd();
        clientOf(proxy).greets().hearsLine("421 4.4.2 Idle for too long").hearsTheEnd();
    }

    @Test
    void an_answer_in_auth_that_comes_too_slowly_is_not_called_idle() {
        Endpoint users = ENDPOINT.authenticate((user, password) -> false).plaintextAuthentication(true);
        SmtpProxy proxy = started(proxy(users).timeouts(Timeouts.defaults().clientCommand(SOON)));
        clientOf(proxy)
                .greets()
                .says("AUTH LOGIN")
                .hears("334")
                .sends("dX")
                .hearsLine("421 4.4.2 Line comes too slowly")
                .hearsTheEnd();
    }

    @Test
    void a_chunk_of_which_nothing_comes_is_idle() {
        clientOf(proxy().timeouts(Timeouts.defaults().dataBlock(SOON)))
                .greets()
                .envelope()
                .sends("BDAT 1000\r\n")
                .hearsLine("421 4.4.2 Idle for too long")
                .hearsTheEnd();
    }

    /** Each with what it would have the destination hear. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "RSET",
                "NOOP",
                "VRFY <b>",
                "HELP",
                "NONSENSE",
                "EHLO client.test",
                "HELO client.test",
                "AUTH PLAIN AGEAYg==",
                "STARTTLS",
                "XCLIENT NAME=other.test",
                "XFORWARD NAME=other.test",
                "MAIL FROM:<c@client.test>",
                "RCPT FROM:<c@client.test>",
                "BDAT 0 LAST",
                "BDAT none",
                "DATA now",
                "QUIT"
            })
    void nothing_is_done_of_what_is_pipelined_behind_a_421(String line) {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        Endpoint trusting =
                ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.0/8")).offerStartTls(Certificate.LOCAL.shown());
        List<String> asked = new CopyOnWriteArrayList<>();
        Throttle judge = step -> {
            asked.add(
                    step instanceof Step.Command c ? c.verb() : step.getClass().getSimpleName());
            return step instanceof Step.Refusal ? Pace.refuse(ENOUGH) : Pace.go();
        };
        Dialogue client = clientOf(proxy(trusting).throttle(judge)).greets();
        asked.clear();
        client.sends("MAIL FROM:<a@client.test>\r\nRCPT TO:<b@dest.test>\r\n" + line + "\r\n");
        client.hears("250").hearsLine("421 4.7.1 Enough").hearsTheEnd();
        assertThat(destination.heard()).last().isEqualTo("RCPT TO:<b@dest.test>");
        assertThat(destination.connections()).isEqualTo(1);
        assertThat(asked).last().isEqualTo("Refusal");
    }
}
