package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a filter can do, and what it is kept from. */
class FilterTest extends ProxyTest {

    /** What a filter does at one step, whatever the command is. */
    private interface Misdeed {
        <C> Reply at(C command, Chain<C> next);
    }

    private record Case(String name, Misdeed misdeed) {}

    private static Stream<Named<Misdeed>> misdeeds() {
        return Stream.of(
                        new Case("returns null without proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                return nothing();
                            }
                        }),
                        new Case("returns null after proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                next.proceed(command);
                                return nothing();
                            }
                        }),
                        new Case("accepts without proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                return Reply.of(250, "2.0.0 Made up");
                            }
                        }),
                        new Case("goes on without proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                return Reply.of(354, "Made up");
                            }
                        }),
                        new Case("throws without proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                throw new IllegalArgumentException("secret of the inside");
                            }
                        }),
                        new Case("throws after proceeding", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                next.proceed(command);
                                throw new IllegalArgumentException("secret of the inside");
                            }
                        }),
                        new Case("proceeds twice", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                next.proceed(command);
                                return next.proceed(command);
                            }
                        }),
                        new Case("proceeds twice and hides it", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                Reply first = next.proceed(command);
                                try {
                                    return next.proceed(command);
                                } catch (IllegalStateException hidden) {
                                    return first;
                                }
                            }
                        }),
                        new Case("fails with a linkage error", new Misdeed() {
                            @Override
                            public <C> Reply at(C command, Chain<C> next) {
                                throw new NoClassDefFoundError("secret of the inside");
                            }
                        }))
                .map(n -> Named.of(n.name(), n.misdeed()));
    }

    private static Reply nothing() {
        return null;
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void a_filter_that_fails_at_mail_is_451_4_3_0_and_no_transaction_stands(Misdeed misdeed) {
        Dialogue client = clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                        return mail.isFrom("client.test") ? misdeed.at(mail, next) : next.proceed(mail);
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>");
        assertThat(client.reply())
                .singleElement()
                .asString()
                .startsWith("451 4.3.0 ")
                .doesNotContain("secret");
        client.says("RCPT TO:<b@dest.test>");
        assertThat(client.reply().get(0)).startsWith("503");
        client.says("MAIL FROM:<a@good.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(destination.messages()).hasSize(1);
        assertThat(LoggedTraces.taken()).allMatch(trace -> trace.contains(" failed at "));
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void a_filter_that_fails_at_rcpt_is_451_4_3_0_and_nothing_is_delivered_to_that_recipient(Misdeed misdeed) {
        Dialogue client = clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return misdeed.at(rcpt, next);
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("451 4.3.0 ")
                .says("DATA");
        assertThat(client.reply().get(0)).matches("[45]..( .*)?");
        assertThat(destination.messages()).isEmpty();
        client.says("RSET").hears("250");
        assertThat(LoggedTraces.taken()).allMatch(trace -> trace.contains(" failed at "));
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void a_filter_that_fails_at_data_is_451_4_3_0_unless_the_destination_has_the_message(Misdeed misdeed) {
        Dialogue client = clientOf(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        return misdeed.at(message, next);
                    }
                }))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("")
                .says("hello")
                .says(".");
        String reply = client.reply().get(0);
        if (destination.messages().isEmpty()) {
            assertThat(reply).startsWith("451 4.3.0 ");
        } else {
            assertThat(reply).isEqualTo("250 2.0.0 Ok: queued as T1");
        }
        client.says("NOOP").hears("250");
        assertThat(LoggedTraces.taken()).allMatch(trace -> trace.contains(" failed at "));
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void a_filter_that_fails_at_connect_is_451_4_3_0_and_ends_the_session(Misdeed misdeed) {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply connect(Session session, Chain<Session> next) {
                        return misdeed.at(session, next);
                    }
                }))
                .hears("451 4.3.0 ")
                .hearsTheEnd();
        assertThat(LoggedTraces.taken()).allMatch(trace -> trace.contains(" failed at "));
    }

    @ParameterizedTest
    @MethodSource("misdeeds")
    void a_filter_that_fails_at_ehlo_is_451_4_3_0(Misdeed misdeed) {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply hello(Hello hello, Chain<Hello> next) {
                        return misdeed.at(hello, next);
                    }
                }))
                .hears("220")
                .says("EHLO client.test")
                .hears("451 4.3.0 ");
        assertThat(LoggedTraces.taken()).allMatch(trace -> trace.contains(" failed at "));
    }

    @Test
    void a_refused_recipient_cannot_be_accepted_by_a_filter() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        Dialogue client = clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        next.proceed(rcpt);
                        return Reply.of(250, "2.1.5 Ok");
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>");
        assertThat(client.reply().get(0)).startsWith("451 4.3.0 ");
    }

    @Test
    void a_refused_message_cannot_be_accepted_by_a_filter() {
        destination.on(".").reply("554 5.7.1 Spam");
        Dialogue client = clientOf(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        next.proceed(message);
                        return Reply.of(250, "2.0.0 Ok");
                    }
                }))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".");
        assertThat(client.reply().get(0)).matches("[45]..( .*)?");
    }

    @Test
    void an_accepted_message_cannot_be_refused_by_a_filter() {
        clientOf(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        next.proceed(message);
                        return Reply.reject("5.7.1", "Too late");
                    }
                }))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250 2.0.0 Ok: queued as T1");
    }

    @Test
    void mail_within_a_transaction_that_was_given_up_does_not_reach_the_destination() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        next.proceed(rcpt);
                        return Reply.reject("5.7.1", "No");
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("451 ")
                .says("MAIL FROM:<c@client.test>")
                .hears("503 5.5.1 ")
                .says("RSET")
                .hears("250")
                .says("MAIL FROM:<d@client.test>")
                .hears("250");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void a_recipient_that_the_destination_accepted_and_a_filter_refused_gives_the_transaction_up() {
        Dialogue client = clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        Reply reply = next.proceed(rcpt);
                        return rcpt.recipient().local().equals("late") ? Reply.reject("5.7.1", "No") : reply;
                    }
                }))
                .greets()
                .envelope()
                .says("RCPT TO:<late@dest.test>")
                .hears("451 ");
        client.says("DATA");
        assertThat(client.reply().get(0)).matches("[45]..( .*)?");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void filters_are_asked_in_their_order_and_hear_the_reply_in_reverse() {
        List<String> calls = new CopyOnWriteArrayList<>();
        clientOf(proxy().filter(noting("1", calls)).filter(noting("2", calls)).filter(noting("3", calls)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        assertThat(calls).containsExactly("1", "2", "3", "3: 250", "2: 250", "1: 250");
    }

    private static Filter noting(String name, List<String> calls) {
        return new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                calls.add(name);
                Reply reply = next.proceed(mail);
                calls.add(name + ": " + reply.code());
                return reply;
            }
        };
    }

    @Test
    void a_filter_that_refuses_is_the_last_that_is_asked() {
        List<String> calls = new CopyOnWriteArrayList<>();
        clientOf(proxy().filter(new Filter() {
                            @Override
                            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                                return Reply.reject("5.7.1", "Not you");
                            }
                        })
                        .filter(noting("2", calls)))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hearsLine("550 5.7.1 Not you");
        assertThat(calls).isEmpty();
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void a_filter_that_refuses_the_session_is_the_greeting() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply connect(Session session, Chain<Session> next) {
                        return Reply.refusal(554, "5.7.1", "Listed");
                    }
                }))
                .hearsLine("554 5.7.1 Listed")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
        assertThat(destination.connections()).isZero();
    }

    @Test
    void a_filter_that_refuses_with_421_ends_the_session() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return Reply.refusal(421, "4.7.1", "Enough");
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("421 4.7.1 Enough")
                .hearsTheEnd();
    }

    @Test
    void a_refused_recipient_leaves_the_others() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return rcpt.recipient().local().equals("bad")
                                ? Reply.reject("5.7.1", "Not to them")
                                : next.proceed(rcpt);
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<bad@dest.test>")
                .hearsLine("550 5.7.1 Not to them")
                .says("RCPT TO:<good@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says("hello")
                .says(".")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<good@dest.test>");
    }

    @Test
    void a_filter_can_change_sender_recipient_and_parameters() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                        return next.proceed(mail.withSender(Mailbox.of("bounces@client.test"))
                                .withParameters(mail.parameters().without("SIZE")));
                    }

                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return next.proceed(rcpt.withRecipient(Mailbox.of("other@dest.test")));
                    }
                }))
                .greets()
                .says("MAIL FROM:<a@client.test> SIZE=10 BODY=8BITMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test> NOTIFY=NEVER")
                .hears("250");
        assertThat(destination.heard())
                .containsExactly(
                        "EHLO client.test",
                        "MAIL FROM:<bounces@client.test> BODY=8BITMIME",
                        "RCPT TO:<other@dest.test> NOTIFY=NEVER");
    }

    @Test
    void a_filter_can_take_an_extension_away_but_not_add_one() {
        Dialogue client = clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply hello(Hello hello, Chain<Hello> next) {
                        return Extensions.of(next.proceed(hello))
                                .without("DSN")
                                .replace("XMADEUP 1")
                                .toReply("dest.test");
                    }
                }))
                .hears("220")
                .says("EHLO client.test");
        assertThat(client.reply())
                .contains("250-SIZE 10485760", "250-PIPELINING")
                .noneMatch(l -> l.contains("DSN"))
                .noneMatch(l -> l.contains("XMADEUP"));
    }

    @Test
    void filters_that_do_not_look_at_replies_leave_a_group_a_group() {
        clientOf(proxy().filter(new Filter() {
                    @Override
                    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                        return next.proceed(rcpt);
                    }
                }))
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                .hears("250")
                .hears("250")
                .hears("250");
        assertThat(destination.groups()).containsExactly(1, 3);
    }

    @Test
    void a_filter_sees_the_session_and_the_transaction() {
        List<String> seen = new CopyOnWriteArrayList<>();
        clientOf(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        seen.add(next.session().hello().orElseThrow().name());
                        seen.add(next.transaction().mail().toString());
                        seen.add(next.transaction().recipients().toString());
                        return next.proceed(message);
                    }
                }))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(seen).containsExactly("client.test", "<a@client.test>", "[<b@dest.test>, <c@dest.test>]");
    }
}
