package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients make the proxy hold is bounded, for one and for all together. */
class HeldMemoryTest extends ProxyTest {

    private static final String SMALL = "Subject: x\r\n\r\nhello\r\n";
    private static final String LARGE_HEADER = "X-Large: " + "y".repeat(900) + "\r\n";

    private final AtomicInteger read = new AtomicInteger();

    /** The two ways that a message comes. */
    private enum Verb {
        DATA,
        BDAT;

        Dialogue send(Dialogue client, String message) {
            return this == DATA
                    ? client.says("DATA").hears("354").sends(message + ".\r\n")
                    : client.sends("BDAT " + message.length() + " LAST\r\n" + message);
        }
    }

    private final Filter opening = new ContentFilter() {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            read.incrementAndGet();
            try (InputStream in = message.content().open()) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return next.proceed(message);
        }
    };

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    private SmtpProxy smallProxy() {
        return started(proxy(ENDPOINT.spool(1 << 20, 1 << 24)).filter(opening).maxHeldOctets(200_000));
    }

    @ParameterizedTest
    @EnumSource
    void headers_past_the_budget_are_451_4_3_1_after_the_message(Verb verb) {
        Dialogue client = clientOf(smallProxy()).greets().envelope();
        verb.send(client, LARGE_HEADER.repeat(250) + "\r\nRSET\r\n").hears("451 4.3.1 ");
        verb.send(client.says("RSET").hears("250").envelope(), SMALL).hears("250");
        assertThat(destination.messages()).containsExactly(SMALL);
    }

    @ParameterizedTest
    @EnumSource
    void bodies_past_the_budget_are_451_4_3_1_after_the_message(Verb verb) {
        Dialogue client = clientOf(smallProxy()).greets().envelope();
        verb.send(client, "Subject: x\r\n\r\n" + "RSET\r\n".repeat(100_000)).hears("451 4.3.1 ");
        verb.send(client.says("RSET").hears("250").envelope(), SMALL).hears("250");
        assertThat(destination.messages()).containsExactly(SMALL);
    }

    @ParameterizedTest
    @EnumSource
    void what_a_message_held_is_given_back(Verb verb) {
        Dialogue client = clientOf(smallProxy()).greets();
        String message = LARGE_HEADER.repeat(30) + "\r\n" + "a line of some length\r\n".repeat(1_000);
        for (int i = 0; i < 20; i++) {
            verb.send(client.envelope(), message).hears("250");
        }
        assertThat(destination.messages()).hasSize(20).containsOnly(message);
    }

    @ParameterizedTest
    @EnumSource
    void what_a_client_held_that_left_is_given_back(Verb verb) {
        SmtpProxy proxy = smallProxy();
        for (int i = 0; i < 20; i++) {
            Dialogue client = clientOf(proxy).greets().envelope();
            String header = LARGE_HEADER.repeat(100);
            if (verb == Verb.DATA) {
                client.says("DATA").hears("354").sends(header);
            } else {
                client.sends("BDAT " + header.length() + "\r\n" + header).hears("250");
            }
            client.resets();
            await().until(() -> destination.openConnections() == 0);
        }
        verb.send(clientOf(proxy).greets().envelope(), SMALL).hears("250");
    }

    @ParameterizedTest
    @EnumSource
    void one_field_too_many_is_552_5_3_4(Verb verb) {
        Dialogue client = clientOf(proxy(ENDPOINT.maxHeaderFields(10)).filter(opening))
                .greets()
                .envelope();
        verb.send(client, "A: b\r\n c\r\n".repeat(11) + "\r\nbody\r\n").hears("552 5.3.4 Too many header fields");
        String message = "A: b\r\n c\r\n".repeat(10) + "\r\nA: b\r\n";
        verb.send(client.says("RSET").hears("250").envelope(), message).hears("250");
        assertThat(destination.messages()).containsExactly(message);
        assertThat(read).hasValue(1);
    }

    @Test
    void recipients_past_the_budget_are_451_4_3_1_and_the_others_get_the_message() {
        Dialogue client = clientOf(proxy().maxHeldOctets(100_000)).greets();
        for (int round = 0; round < 2; round++) {
            client.says("MAIL FROM:<a@client.test>").hears("250");
            int accepted = 0;
            String reply = "250";
            for (int i = 0; i < 100 && reply.startsWith("250"); i++) {
                client.says("RCPT TO:<b" + i + "@dest.test> X-LONG=" + "y".repeat(1_000));
                reply = client.reply().get(0);
                accepted += reply.startsWith("250") ? 1 : 0;
            }
            assertThat(reply).startsWith("451 4.3.1 ");
            assertThat(accepted).isBetween(10, 50);
            Verb.DATA.send(client, SMALL).hears("250");
        }
        assertThat(destination.messages()).containsExactly(SMALL, SMALL);
    }

    @Test
    void what_was_pipelined_behind_a_refused_mail_is_not_held_for_ever() {
        String refusal = "550 5.1.1 " + "x".repeat(480);
        destination.on("MAIL").reply("550 5.7.1 Not you");
        destination.on("RCPT").reply(refusal);
        SmtpProxy proxy = started(proxy(ENDPOINT.maxErrors(100_000)).maxHeldOctets(65_536));
        for (int session = 0; session < 30; session++) {
            Dialogue client = clientOf(proxy).greets();
            for (int i = 0; i < 10; i++) {
                client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>")
                        .hears("550 5.7.1")
                        .hears("550 5.1.1");
            }
            client.closes();
        }
    }

    @Test
    void a_budget_that_is_none_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SmtpProxy.builder().maxHeldOctets(0))
                .withMessageContaining("maxHeldOctets");
    }
}
