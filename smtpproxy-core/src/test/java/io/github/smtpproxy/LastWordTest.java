package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a destination says before it goes is read before its loss is believed. */
class LastWordTest extends ProxyTest {

    private static final String WORD = "552 5.3.4 dest.test has no room";
    private static final String LINE = "one more line of a long message\r\n";
    private static final String LONG = "Subject: long\r\n\r\n" + LINE.repeat(200_000);

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    private Dialogue client(SmtpProxyBuilder builder) {
        return clientOf(builder.listener(new ProxyListener() {
            @Override
            public void transactionEnded(Transaction transaction, Outcome outcome) {
                outcomes.add(outcome);
            }
        }));
    }

    private void assertRefused() {
        await().untilAsserted(
                        () -> assertThat(outcomes).extracting(Outcome::result).containsExactly(Result.REFUSED));
        assertThat(outcomes.get(0).reply()).contains(Reply.refusal(552, "5.3.4", "dest.test has no room"));
        assertThat(destination.messages()).isEmpty();
    }

    static Stream<Arguments> refusalsInMidMessage() {
        List<Arguments> all = new ArrayList<>();
        for (Fault fault : List.of(Fault.REPLY_552_AND_CLOSE, Fault.REPLY_552_AND_SWALLOW)) {
            for (Looking looking : Looking.values()) {
                all.add(Arguments.of(fault, looking));
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("refusalsInMidMessage")
    void a_message_refused_in_the_middle_of_data(Fault fault, Looking looking) {
        destination.on("body").fail(fault);
        client(looking.in(proxy()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends(LONG)
                .says(".")
                .hearsLine(WORD)
                .says("NOOP")
                .hears("250");
        assertRefused();
    }

    @ParameterizedTest
    @MethodSource("refusalsInMidMessage")
    void a_message_refused_in_the_middle_of_a_chunk(Fault fault, Looking looking) {
        destination.takesChunks();
        destination.on("chunk").fail(fault);
        client(looking.in(proxy()))
                .greets()
                .envelope()
                .says("BDAT " + LONG.length() + " LAST")
                .sends(LONG)
                .hearsLine(WORD)
                .says("NOOP")
                .hears("250");
        assertRefused();
    }

    @ParameterizedTest
    @EnumSource
    void between_two_blocks_of_a_slow_client(Looking looking) {
        destination.on("body").fail(Fault.REPLY_552_AND_CLOSE);
        Dialogue client = client(looking.in(proxy()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends("Subject: long\r\n\r\n" + LINE);
        if (looking == Looking.NO_FILTER || looking == Looking.LIMIT_SIZE) {
            await().until(() -> destination.openConnections() == 0);
        }
        client.sends(LINE).says(".").hearsLine(WORD);
        assertRefused();
    }

    @Test
    void between_two_blocks_of_a_chunk() {
        destination.takesChunks();
        destination.on("chunk").fail(Fault.REPLY_552_AND_CLOSE);
        Dialogue client =
                client(proxy()).greets().envelope().says("BDAT 100000 LAST").sends("x".repeat(1_000));
        await().until(() -> destination.openConnections() == 0);
        client.sends("x".repeat(99_000)).hearsLine(WORD);
        assertRefused();
    }

    @Test
    void a_body_that_a_filter_made() {
        destination.on("body").fail(Fault.REPLY_552_AND_CLOSE);
        Filter replacing = new ContentFilter() {
            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                byte[] body = LONG.getBytes(StandardCharsets.US_ASCII);
                return next.proceed(message.withContent(() -> new ByteArrayInputStream(body)));
            }
        };
        client(proxy().filter(replacing))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hearsLine(WORD);
        assertRefused();
    }

    @Test
    void at_a_route_that_was_found_late() {
        destination.on("body").fail(Fault.REPLY_552_AND_CLOSE);
        client(proxy(ENDPOINT, Router.byRecipientDomain().otherwise(destination.destination())))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends(LONG)
                .says(".")
                .hearsLine(WORD);
        assertRefused();
    }

    @Test
    void within_tls() {
        destination.startTls(Certificate.LOCAL.shown());
        destination.on("body").fail(Fault.REPLY_552_AND_CLOSE);
        client(proxy(ENDPOINT, Router.to(destination.destination().startTls(StartTls.REQUIRED))))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .sends(LONG)
                .says(".")
                .hearsLine(WORD);
        assertRefused();
    }

    @Test
    void a_dot_that_never_left_is_not_unknown() {
        destination.on("body").fail(Fault.CLOSE);
        Dialogue client =
                client(proxy()).greets().envelope().says("DATA").hears("354").sends("\r\n" + LINE);
        await().until(() -> destination.openConnections() == 0);
        // the first block may be taken by a system that has not heard yet that the other side is gone
        client.sends(LINE.repeat(20_000)).says(".").hears("421 4.4.2 ");
        await().untilAsserted(
                        () -> assertThat(outcomes).extracting(Outcome::result).containsExactly(Result.FAILED));
    }

    @Test
    void said_while_nobody_asks() {
        destination.on("MAIL").reply("250 2.1.0 Sender ok");
        Dialogue client = client(proxy()).greets();
        destination.on("MAIL").fail(Fault.REPLY_421_AND_CLOSE);
        client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>")
                .hearsLine("421 4.3.2 dest.test goes down")
                .hearsTheEnd();
    }
}
