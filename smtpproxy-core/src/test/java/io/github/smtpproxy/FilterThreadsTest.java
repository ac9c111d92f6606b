package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters that use threads of their own, and clients that do not stay for a filter's end. */
class FilterThreadsTest extends ProxyTest {

    private final CapturedLog log = new CapturedLog();
    private final List<Throwable> thrown = new CopyOnWriteArrayList<>();

    @AfterEach
    void logAsUsual() {
        log.close();
    }

    /** The same at one step. */
    private abstract static class At implements ContentFilter {
        private final String step;

        At(String step) {
            this.step = step;
        }

        abstract <C> Reply handle(C command, Chain<C> next);

        private <C> Reply at(String here, C command, Chain<C> next) {
            return step.equals(here) ? handle(command, next) : next.proceed(command);
        }

        @Override
        public Reply connect(Session session, Chain<Session> next) {
            return at("connect", session, next);
        }

        @Override
        public Reply hello(Hello hello, Chain<Hello> next) {
            return at("hello", hello, next);
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            return at("mail", mail, next);
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return at("rcpt", rcpt, next);
        }

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return at(step.equals("chunk") ? "chunk" : "data", message, next);
        }
    }

    /** Goes as far as the step, and gives what is heard there. */
    private String heard(Dialogue client, String step) {
        if (step.equals("connect")) {
            return client.reply().get(0);
        }
        client.hears("220").says("EHLO client.test");
        if (step.equals("hello")) {
            return client.reply().get(0);
        }
        client.hears("250").says("MAIL FROM:<a@client.test>");
        if (step.equals("mail")) {
            return client.reply().get(0);
        }
        client.hears("250").says("RCPT TO:<b@dest.test>");
        if (step.equals("rcpt")) {
            return client.reply().get(0);
        }
        client.hears("250");
        if (step.equals("chunk")) {
            return client.sends("BDAT 7 LAST\r\nhello\r\n").reply().get(0);
        }
        return client.says("DATA").hears("354").says("hello").says(".").reply().get(0);
    }

    private String heardFrom(At filter) {
        destination.takesChunks();
        Dialogue client = clientOf(proxy().filter(filter));
        String heard = heard(client, filter.step);
        client.close();
        return heard;
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "hello", "mail", "rcpt", "data", "chunk"})
    void what_proceeds_on_another_thread_is_refused_and_nothing_is_relayed(String step) {
        String heard = heardFrom(new At(step) {
            @Override
            <C> Reply handle(C command, Chain<C> next) {
                return CompletableFuture.supplyAsync(() -> next.proceed(command))
                        .join();
            }
        });
        assertThat(heard).startsWith("451 4.3.0 ");
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard(
                        step.equals("chunk") ? "BDAT" : step.equals("hello") ? "EHLO" : step.toUpperCase()))
                .isEmpty();
        assertThat(log.traces()).hasSize(1).allMatch(l -> l.contains("CompletionException"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "hello", "mail", "rcpt", "data", "chunk"})
    void what_proceeds_on_two_threads_proceeds_on_its_own_alone(String step) {
        String heard = heardFrom(new At(step) {
            @Override
            <C> Reply handle(C command, Chain<C> next) {
                CountDownLatch begun = new CountDownLatch(1);
                CompletableFuture<?> other = CompletableFuture.runAsync(() -> {
                    begun.countDown();
                    thrown.add(catchThrowable(() -> next.proceed(command)));
                });
                try {
                    begun.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                Reply reply = next.proceed(command);
                other.join();
                return reply;
            }
        });
        assertThat(heard).startsWith("2");
        assertThat(thrown).hasSize(1).allMatch(IllegalStateException.class::isInstance);
        assertThat(destination.messages()).hasSize(step.equals("data") || step.equals("chunk") ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect", "hello", "mail", "rcpt", "data", "chunk"})
    void what_proceeds_after_its_filter_has_returned_does_nothing(String step) {
        CompletableFuture<Runnable> late = new CompletableFuture<>();
        String heard = heardFrom(new At(step) {
            @Override
            <C> Reply handle(C command, Chain<C> next) {
                late.complete(() -> next.proceed(command));
                return Reply.reject("5.7.1", "No");
            }
        });
        assertThat(heard).startsWith("550 5.7.1 ");
        assertThat(catchThrowable(late.join()::run)).isInstanceOf(IllegalStateException.class);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_reply_on_its_way_is_looked_at_on_the_sessions_thread_only() {
        Filter asking = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                Reply onItsWay = next.proceed(rcpt);
                CompletableFuture.runAsync(() -> thrown.add(catchThrowable(onItsWay::code)))
                        .join();
                return onItsWay;
            }
        };
        clientOf(proxy().filter(asking))
                .greets()
                .saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>", "NOOP")
                .hears("250")
                .hears("250")
                .hears("250")
                .hears("250");
        assertThat(thrown).hasSize(2).allMatch(IllegalStateException.class::isInstance);
    }

    @Test
    void a_reply_that_is_here_is_looked_at_anywhere() {
        Filter asking = new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                Reply reply = next.proceed(mail);
                reply.code();
                assertThat(CompletableFuture.supplyAsync(reply::code).join()).isEqualTo(250);
                return reply;
            }
        };
        clientOf(proxy().filter(asking))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
    }

    /** How a filter passes on what it met when it read. */
    enum Reads {
        PLAINLY,
        WRAPPING;

        Filter filter() {
            return new ContentFilter() {
                @Override
                public Reply data(Message message, TransactionChain<Message> next) {
                    try (InputStream body = message.content().open()) {
                        body.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    } catch (RuntimeException e) {
                        throw Reads.this == PLAINLY ? e : new IllegalStateException("scan failed", e);
                    }
                    return next.proceed(message);
                }
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_client_that_leaves_while_a_filter_reads_is_one_line(Reads reads) {
        clientOf(proxy().filter(reads.filter()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("Subject: x")
                .says("")
                .says("half of")
                .close();
        await().untilAsserted(() -> assertThat(log.lines())
                .filteredOn(l -> l.contains(" broke off while "))
                .hasSize(1));
        await().untilAsserted(() -> assertThat(log.lines())
                .filteredOn(l -> l.contains("outcome=ABORTED"))
                .hasSize(1));
        assertThat(log.traces()).isEmpty();
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void content_that_is_refused_while_a_filter_reads_is_no_failure_of_the_filter(Reads reads) {
        clientOf(proxy(ENDPOINT.spool(0, 100)).filter(reads.filter()))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354")
                .says("")
                .says("x".repeat(500))
                .says(".")
                .hears("552");
        assertThat(log.traces()).isEmpty();
    }
}
