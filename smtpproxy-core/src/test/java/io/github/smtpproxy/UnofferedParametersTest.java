package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An envelope goes to a destination that does not offer what the client was offered. */
class UnofferedParametersTest extends ProxyTest {

    private static final String MESSAGE = "Subject: one\r\n\r\nhello\r\n";
    private static final String EIGHT_BIT = "Subject: one\r\n\r\nhell\u00F6\r\n";
    private static final String MAIL = "MAIL FROM:<a@client.test>";
    private static final String RCPT = "RCPT TO:<b@dest.test>";

    private final List<SmtpProxy> proxies = new ArrayList<>();

    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }

    private Dialogue client(SmtpProxyBuilder builder, boolean pooled) {
        SmtpProxy proxy = started(pooled ? builder.multiplexing(Pool.max(1)) : builder);
        proxies.add(proxy);
        return clientOf(proxy).greets();
    }

    private static Dialogue envelope(Dialogue client, String mail, String rcpt) {
        return client.says(mail).hears("250").says(rcpt).hears("250");
    }

    private static Dialogue message(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT 9\r\n" + message.substring(0, 9))
                        .hears("250")
                        .sends("BDAT " + (message.length() - 9) + " LAST\r\n" + message.substring(9))
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private void assertGoesOn(Dialogue client) {
        client.says("RSET").hears("250");
        client.envelope().says("RSET").hears("250");
    }

    /** How the message comes, and whether connections are pooled. */
    enum Way {
        DATA(false, false),
        CHUNKS(true, false),
        POOLED_DATA(false, true),
        POOLED_CHUNKS(true, true);

        private final boolean chunks;
        private final boolean pooled;

        Way(boolean chunks, boolean pooled) {
            this.chunks = chunks;
            this.pooled = pooled;
        }
    }

    /** A filter routes the message to another destination. */
    @Nested
    class Elsewhere {
        private final ScriptedDestination other = anotherDestination();

        private Dialogue client(Way way, UnaryOperator<Message> change, String... offered) {
            destination.takesChunks();
            List<String> ehlo = new ArrayList<>(List.of("250-other.test"));
            Stream.of(offered).map(line -> "250-" + line).forEach(ehlo::add);
            ehlo.add(way.chunks ? "250 CHUNKING" : "250 PIPELINING");
            other.takesChunks().on("EHLO").reply(ehlo.toArray(String[]::new));
            SmtpProxyBuilder builder =
                    proxy().filter(changing(m -> change.apply(m).routedTo(other.destination())));
            return UnofferedParametersTest.this.client(builder, way.pooled);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void what_changes_nothing_for_the_delivery_is_dropped(Way way) {
            String mail = MAIL + " SIZE=31 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id AUTH=<> MT-PRIORITY=3 BY=9;N";
            Dialogue client =
                    envelope(client(way, m -> m), mail, RCPT + " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@dest.test");
            message(client, way.chunks, MESSAGE).hears("250");
            assertThat(other.heard("MAIL")).containsExactly(MAIL);
            assertThat(other.heard("RCPT")).containsExactly(RCPT);
            assertThat(other.messages()).containsExactly(MESSAGE);
            assertGoesOn(client);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void what_is_offered_there_is_said_there_but_who_submitted(Way way) {
            String mail = " SIZE=31 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id AUTH=%s";
            Dialogue client = envelope(
                    client(way, m -> m, "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH PLAIN"),
                    MAIL + mail.formatted("carol@client.test"),
                    RCPT + " NOTIFY=NEVER");
            message(client, way.chunks, EIGHT_BIT).hears("250");
            assertThat(other.heard("MAIL")).containsExactly(MAIL + mail.formatted("<>"));
            assertThat(other.heard("RCPT")).containsExactly(RCPT + " NOTIFY=NEVER");
            assertThat(other.messages()).containsExactly(EIGHT_BIT);
        }

        private static Stream<Arguments> refused() {
            List<List<String>> all = List.of(
                    List.of("BODY=BINARYMIME", "554 5.6.1"),
                    List.of("REQUIRETLS", "550 5.7.30"),
                    List.of("HOLDFOR=100", "550 5.3.3"),
                    List.of("HOLDUNTIL=2030-01-01T00:00:00Z", "550 5.3.3"),
                    List.of("BY=100;R", "550 5.3.3"),
                    List.of("BODY=OTHER", "555 5.5.4"),
                    List.of("XVERP", "555 5.5.4"));
            return Stream.of(Way.values())
                    .flatMap(way -> all.stream().map(one -> Arguments.of(way, one.get(0), one.get(1))));
        }

        @ParameterizedTest
        @MethodSource("refused")
        void what_would_be_lost_is_refused_for_good(Way way, String parameter, String reply) {
            Dialogue client = client(way, m -> m.withMail(m.mail().withParameters(Parameters.parse(parameter))));
            message(client.envelope(), way.chunks, MESSAGE).hears(reply);
            assertThat(other.heard("MAIL")).isEmpty();
            assertGoesOn(client);
        }

        @Test
        void a_promise_that_others_must_keep_is_not_believed_without_a_certificate() {
            Dialogue client = client(
                    Way.DATA, m -> m.withMail(m.mail().withParameters(Parameters.parse("REQUIRETLS"))), "REQUIRETLS");
            message(client.envelope(), false, MESSAGE).hears("550 5.7.30");
            assertThat(other.heard("MAIL")).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void a_parameter_of_a_recipient_is_refused_too(Way way) {
            RcptTo valid = RcptTo.of(Mailbox.parse("b@dest.test"))
                    .withParameters(Parameters.parse("RRVS=2014-04-03T23:01:00Z"));
            Dialogue client = client(way, m -> m.withRecipients(List.of(valid)));
            message(client.envelope(), way.chunks, MESSAGE).hears("550 5.7.19");
            assertThat(other.heard("MAIL")).isEmpty();
            assertGoesOn(client);
        }

        @ParameterizedTest
        @CsvSource({
            "DATA, BODY=8BITMIME, 554 5.6.3",
            "CHUNKS, BODY=8BITMIME, 554 5.6.3",
            "POOLED_DATA, SMTPUTF8, 550 5.6.9",
            "POOLED_CHUNKS, SMTPUTF8, 550 5.6.9"
        })
        void a_message_that_is_no_us_ascii_is_refused(Way way, String parameter, String reply) {
            Dialogue client = envelope(client(way, m -> m), MAIL + " " + parameter, RCPT);
            message(client, way.chunks, EIGHT_BIT).hears(reply);
            assertThat(other.messages()).isEmpty();
            assertGoesOn(client);
            await().until(() -> other.openConnections() == 0);
        }

        @ParameterizedTest
        @CsvSource({"MAIL FROM:<\u00C3\u00BC@client.test>, " + RCPT, MAIL + ", RCPT TO:<\u00C3\u00BC@dest.test>"})
        void an_address_that_is_no_us_ascii_is_refused(String mail, String rcpt) {
            Dialogue client = envelope(client(Way.DATA, m -> m), mail + " SMTPUTF8", rcpt);
            message(client, false, MESSAGE).hears("550 5.6.7");
            assertThat(other.heard("MAIL")).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void a_message_of_more_octets_than_it_takes_is_refused_for_good(Way way) {
            Dialogue client = envelope(client(way, m -> m, "SIZE 20"), MAIL + " SIZE=23", RCPT);
            message(client, way.chunks, MESSAGE).hears("552 5.3.4");
            assertThat(other.heard("MAIL")).isEmpty();
            assertGoesOn(client);
        }

        /** So others can have it while the message is on its way elsewhere. */
        @ParameterizedTest
        @EnumSource(names = {"POOLED_DATA", "POOLED_CHUNKS"})
        void the_connection_of_the_pool_is_free_before_the_message_goes_there(Way way) {
            Dialogue client = client(way, m -> m);
            other.on("MAIL").fail(Fault.STALL);
            message(client.envelope(), way.chunks, MESSAGE);
            await().until(() -> !other.heard("MAIL").isEmpty());
            clientOf(proxies.get(0)).greets().envelope().says("RSET").hears("250");
            client.close();
        }

        @ParameterizedTest
        @EnumSource(names = {"POOLED_DATA", "POOLED_CHUNKS"})
        void what_becomes_of_the_message_there_leaves_alone_whoever_has_that_connection(Way way) {
            Dialogue client = client(way, m -> m);
            Dialogue[] next = new Dialogue[1];
            other.on("MAIL").exchange(() -> line -> {
                next[0] = clientOf(proxies.get(0)).greets().envelope();
                return "550 5.7.1 Not you";
            });
            message(client.envelope(), way.chunks, MESSAGE).hears("451 4.3.0");
            client.says("QUIT").hears("221").hearsTheEnd();
            next[0].says("RCPT TO:<c@dest.test>").hears("250").says("QUIT").hears("221");
        }
    }

    /** The destination of the transaction lacks by now what was offered. */
    @Nested
    class Since {

        private Dialogue client(boolean pooled, boolean late) {
            destination.takesChunks();
            Router router = late
                    ? Router.byRecipientDomain().route("dest.test", destination.destination())
                    : Router.to(destination.destination());
            Dialogue client = UnofferedParametersTest.this.client(proxy(ENDPOINT, router), pooled);
            destination.on("EHLO").reply("250-dest.test", "250 CHUNKING");
            return client;
        }

        @ParameterizedTest
        @CsvSource({"false, true, false", "true, false, true", "true, true, false"})
        void what_changes_nothing_is_dropped(boolean pooled, boolean late, boolean chunks) {
            Dialogue client =
                    envelope(client(pooled, late), MAIL + " SIZE=31 BODY=8BITMIME ENVID=id", RCPT + " NOTIFY=NEVER");
            message(client, chunks, MESSAGE).hears("250");
            assertThat(destination.heard("MAIL")).containsExactly(MAIL);
            assertThat(destination.heard("RCPT")).containsExactly(RCPT);
            assertThat(destination.messages()).containsExactly(MESSAGE);
        }

        @ParameterizedTest
        @CsvSource({"false, true, false", "false, true, true", "true, false, false", "true, false, true"})
        void a_message_that_is_no_us_ascii_is_refused_while_it_streams(boolean pooled, boolean late, boolean chunks) {
            Dialogue client = envelope(client(pooled, late), MAIL + " BODY=8BITMIME", RCPT);
            message(client, chunks, EIGHT_BIT).hears("554 5.6.3");
            assertThat(destination.messages()).isEmpty();
            assertGoesOn(client);
        }

        @ParameterizedTest
        @CsvSource({"false, true", "true, false", "true, true"})
        void an_address_that_is_no_us_ascii_is_refused_and_the_next_one_goes(boolean pooled, boolean late) {
            Dialogue client = client(pooled, late).says("MAIL FROM:<\u00C3\u00BC@client.test> SMTPUTF8");
            if (late) {
                client.hears("250").says(RCPT);
            }
            client.hears("550 5.6.7").says("RSET").hears("250");
            assertThat(destination.heard("MAIL")).isEmpty();
            message(client.envelope(), false, MESSAGE).hears("250");
        }

        @ParameterizedTest
        @CsvSource({"false, true", "true, false", "true, true"})
        void what_was_not_offered_is_refused_in_its_words(boolean pooled, boolean late) {
            destination.on("RCPT TO:<b@dest.test> RRVS").reply("555 5.5.4 What is that");
            client(pooled, late)
                    .says(MAIL)
                    .hears("250")
                    .says(RCPT + " RRVS=2014-04-03T23:01:00Z")
                    .hearsLine("555 5.5.4 What is that");
        }
    }
}
