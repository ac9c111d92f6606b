package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Session.HangUp;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What filters get beside commands with addresses: AUTH, other commands, the end of transactions, attributes. */
@Timeout(60)
class FilterStepsTest extends ProxyTest {

    private static final Key<String> KEY = Key.of("key", String.class);
    private static final Reply REFUSED = Reply.reject("5.7.1", "Not by this filter");
    private static final String LOGIN = "AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l";

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final class Watch implements Filter {

        @Override
        public Reply auth(Auth auth, Chain<Auth> next) {
            seen.add("auth " + auth.mechanism());
            Reply reply = next.proceed(auth);
            seen.add("reply " + reply.code());
            return reply;
        }

        @Override
        public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
            seen.add(command.verb() + " " + command.argument());
            return next.proceed(command);
        }

        @Override
        public void ended(Transaction transaction, Outcome outcome) {
            seen.add("ended " + transaction.mail() + " " + outcome.result());
        }
    }

    private static final Filter REFUSING = new Filter() {
        @Override
        public Reply auth(Auth auth, Chain<Auth> next) {
            return REFUSED;
        }

        @Override
        public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
            return REFUSED;
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return REFUSED;
        }
    };

    @Test
    void auth_that_is_relayed_passes_the_filters_once() {
        destination.offers("AUTH PLAIN LOGIN");
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("YWxpY2U=").reply("235 2.7.0 Welcome");
        clientOf(proxy().filter(new Watch()))
                .greets()
                .says("auth login")
                .hears("334")
                .says("YWxpY2U=")
                .hears("235")
                .envelope();
        assertThat(seen).containsExactly("auth LOGIN", "reply 334");
    }

    @Test
    void auth_at_the_proxy_passes_the_filters() {
        clientOf(proxy(ENDPOINT.plaintextAuthentication(true).authenticate((user, password) -> true))
                        .filter(new Watch()))
                .greets()
                .says(LOGIN)
                .hears("235")
                .envelope();
        assertThat(seen).containsExactly("auth PLAIN", "reply 235");
    }

    @Test
    void auth_that_a_filter_refuses_reaches_nobody() {
        destination.offers("AUTH PLAIN LOGIN");
        clientOf(proxy().filter(REFUSING)).greets().says(LOGIN).hearsLine(REFUSED.toString());
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void a_login_that_succeeded_cannot_be_refused_any_more() {
        destination.offers("AUTH PLAIN");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply auth(Auth auth, Chain<Auth> next) {
                        next.proceed(auth);
                        return REFUSED;
                    }
                }))
                .greets()
                .says(LOGIN)
                .hears("235");
    }

    @Test
    void other_commands_pass_the_filters_and_are_relayed_as_they_are() {
        destination.on("VRFY").reply("252 2.0.0 Perhaps");
        destination.on("XYZZY").reply("250 2.0.0 Nothing happens");
        clientOf(proxy().filter(new Watch()))
                .greets()
                .says("vrfy bob")
                .hears("252")
                .says("XYZZY")
                .hears("250");
        assertThat(seen).containsExactly("VRFY bob", "XYZZY ");
        assertThat(destination.heard("vrfy")).containsExactly("vrfy bob");
    }

    /** Those whose capital is no octet. */
    @ParameterizedTest
    @ValueSource(strings = {"\u00ff", "\u00b5", "\u00df"})
    void a_verb_of_any_octets_is_a_command_like_others(String octet) {
        clientOf(proxy().filter(new Watch()))
                .greets()
                .sends((octet + "FOO\r\n").getBytes(StandardCharsets.ISO_8859_1))
                .hears("50")
                .says("NOOP")
                .hears("250");
    }

    @Test
    void an_other_command_that_a_filter_refuses_does_not_reach_the_destination() {
        clientOf(proxy().filter(REFUSING)).greets().says("VRFY bob").hearsLine(REFUSED.toString());
        assertThat(destination.heard("VRFY")).isEmpty();
    }

    @Test
    void the_end_of_each_transaction_is_told_once() {
        clientOf(proxy().filter(new Watch()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250")
                .says("MAIL FROM:<c@client.test>")
                .hears("250")
                .says("RSET")
                .hears("250")
                .says("QUIT")
                .hears("221");
        assertThat(seen).containsExactly("ended <a@client.test> DELIVERED", "ended <c@client.test> ABORTED");
    }

    @Test
    void the_end_of_a_transaction_that_another_filter_refused_is_told() {
        clientOf(proxy().filter(REFUSING).filter(new Watch()))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hearsLine(REFUSED.toString());
        assertThat(seen).containsExactly("ended <a@client.test> REFUSED");
    }

    @Test
    void attributes_of_a_transaction_end_with_it_and_those_of_the_session_do_not() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                        seen.add("mail " + next.session().attribute(KEY).orElse("-") + " "
                                + next.transaction().attribute(KEY).orElse("-"));
                        next.session().attribute(KEY, "session");
                        next.transaction().attribute(KEY, "transaction");
                        return next.proceed(mail);
                    }

                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        seen.add("rcpt " + next.transaction().attribute(KEY).orElse("-"));
                        return next.proceed(rcpt);
                    }

                    @Override
                    public void ended(Transaction transaction, Outcome outcome) {
                        seen.add("ended " + transaction.attribute(KEY).orElse("-"));
                    }
                }))
                .greets()
                .envelope()
                .says("RSET")
                .hears("250")
                .envelope()
                .says("QUIT")
                .hears("221");
        assertThat(seen)
                .containsExactly(
                        "mail - -",
                        "rcpt transaction",
                        "ended transaction",
                        "mail session -",
                        "rcpt transaction",
                        "ended transaction");
    }

    private Filter remembering(AtomicReference<Session> session) {
        return new Filter() {
            @Override
            public Reply connect(Session connected, Chain<Session> next) {
                session.set(connected);
                return next.proceed(connected);
            }
        };
    }

    @Test
    void a_session_knows_its_endpoint() {
        AtomicReference<Session> session = new AtomicReference<>();
        clientOf(proxy(ENDPOINT.named("submission")).filter(remembering(session)))
                .greets();
        assertThat(session.get().endpoint()).isEqualTo("submission");
    }

    @ParameterizedTest
    @EnumSource
    void another_thread_can_hang_up(HangUp how) {
        AtomicReference<Session> session = new AtomicReference<>();
        SmtpProxy proxy = started(proxy().filter(remembering(session)).filter(new Watch()));
        Dialogue client =
                clientOf(proxy).greets().envelope().says("DATA").hears("354").says("half a message");
        session.get().hangUp(how);
        session.get().hangUp(how);
        client.hearsTheEnd();
        await().until(() -> proxy.activeSessions() == 0);
        assertThat(seen).containsExactly("ended <a@client.test> ABORTED");
        assertThat(destination.messages()).isEmpty();
    }
}
