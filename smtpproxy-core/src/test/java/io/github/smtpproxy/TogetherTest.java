package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.event.Verdicts;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Examination;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.Scanner;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several scanners look at one message at the same time, and one of them decides. */
@Timeout(60)
class TogetherTest extends ProxyTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final List<String> seen = new CopyOnWriteArrayList<>();

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    /** A scanner whose work is this. */
    private record Working(String name, Duration limit, Callable<Finding> work) implements Scanner {
        @Override
        public Optional<Examination> examine(Message message, Transaction transaction) {
            return Optional.of(Examination.of(
                    limit,
                    work,
                    failure -> Finding.refuse(
                            Verdict.of(name, Decision.DEFER),
                            Reply.defer("4.7.1", failure.getClass().getSimpleName()))));
        }
    }

    private static Finding passing(String name) {
        return Finding.pass(Verdict.of(name, Decision.PASS))
                .changing(m -> m.withHeaders(m.headers().prepend("X-By", name)));
    }

    private static Finding refusing(String name, boolean forGood) {
        Reply reply = forGood ? Reply.reject("5.7.1", name) : Reply.defer("4.7.1", name);
        return Finding.refuse(Verdict.of(name, forGood ? Decision.REFUSE : Decision.DEFER), reply);
    }

    private static Dialogue send(Dialogue client, boolean chunks) {
        return chunks
                ? client.envelope().sends("BDAT 9 LAST\r\nX: y\r\n\r\nb")
                : client.envelope().says("DATA").hears("354").sends("X: y\r\n\r\nb\r\n.\r\n");
    }

    private Dialogue client(Filter... filters) {
        SmtpProxyBuilder proxy = proxy();
        for (Filter filter : filters) {
            proxy = proxy.filter(filter);
        }
        return clientOf(proxy).greets();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neither_waits_for_the_other_and_changes_are_made_in_order(boolean chunks) {
        CyclicBarrier both = new CyclicBarrier(2);
        Scanner one = new Working("one", LONG, () -> {
            both.await();
            return passing("one");
        });
        Scanner two = new Working("two", LONG, () -> {
            both.await();
            return passing("two");
        });
        send(client(Filters.together(one, two)), chunks).hears("250");
        assertThat(destination.messages()).singleElement().asString().startsWith("X-By: two\r\nX-By: one\r\nX: y\r\n");
    }

    @Test
    void a_refusal_counts_before_a_deferral_and_the_earlier_of_equals() {
        Scanner passes = new Working("passes", LONG, () -> passing("passes"));
        Scanner defers = new Working("defers", LONG, () -> refusing("defers", false));
        CountDownLatch second = new CountDownLatch(1);
        Scanner slow = new Working("slow", LONG, () -> {
            second.await();
            return refusing("slow", true);
        });
        Scanner quick = new Working("quick", LONG, () -> {
            second.countDown();
            return refusing("quick", true);
        });
        send(client(Filters.together(passes, defers, slow, quick)), false).hearsLine("550 5.7.1 slow");
        send(client(Filters.together(passes, defers)), true).hearsLine("451 4.7.1 defers");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void those_behind_one_that_refuses_are_cancelled() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        Scanner refuses = new Working("refuses", LONG, () -> {
            begun.await();
            return refusing("refuses", true);
        });
        Scanner waits = new Working("waits", LONG, () -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                cancelled.countDown();
            }
            return passing("waits");
        });
        send(client(Filters.together(refuses, waits)), false).hearsLine("550 5.7.1 refuses");
        cancelled.await();
    }

    @Test
    void one_that_takes_too_long_is_interrupted_and_one_that_throws_has_failed() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        Scanner late = new Working("late", Duration.ofMillis(50), () -> {
            try {
                new CountDownLatch(1).await();
            } finally {
                interrupted.countDown();
            }
            return passing("late");
        });
        Scanner throwing = new Working("throwing", LONG, () -> {
            throw new IllegalStateException("secret");
        });
        send(client(late), false).hearsLine("451 4.7.1 " + TimeoutException.class.getSimpleName());
        interrupted.await();
        send(client(throwing), true).hearsLine("451 4.7.1 IllegalStateException");
    }

    @Test
    void other_filters_take_their_turn_between() {
        Filter between = new ContentFilter() {
            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                seen.add(message.headers().first("X-By").orElse("none"));
                return next.proceed(message);
            }
        };
        Scanner one = new Working("one", LONG, () -> passing("one"));
        Scanner two = new Working("two", LONG, () -> passing("two"));
        send(client(Filters.together(one, between, two)), false).hears("250");
        assertThat(seen).containsExactly("one");
    }

    @Test
    void without_a_part_that_reads_messages_it_reads_none() {
        Filter rcpt = new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                seen.add(rcpt.recipient().toString());
                return rcpt.recipient().local().equals("no") ? Reply.reject("5.7.1", "No") : next.proceed(rcpt);
            }
        };
        Filter together = Filters.together(rcpt, rcpt);
        assertThat(together).isNotInstanceOf(ContentFilter.class);
        Dialogue client = client(together);
        client.saysTogether("MAIL FROM:<a@x.test>", "RCPT TO:<b@c.test>", "RCPT TO:<no@c.test>", "DATA");
        client.hears("250")
                .hears("250")
                .hearsLine("550 5.7.1 No")
                .hears("354")
                .says(".")
                .hears("250");
        assertThat(seen).containsExactly("b@c.test", "b@c.test", "no@c.test");
        assertThat(Filters.together(rcpt, new Working("w", LONG, () -> passing("w"))))
                .isInstanceOf(ContentFilter.class);
    }

    @Test
    void verdicts_are_kept_and_in_the_line_of_the_log() {
        Scanner one = new Working(
                "one", LONG, () -> Finding.pass(Verdict.of("one", Decision.PASS).score(-1.5)));
        Scanner two = new Working(
                "two",
                LONG,
                () -> Finding.refuse(
                        Verdict.of("two", Decision.REFUSE).rule("EVIL\r\nrule"), Reply.reject("5.7.1", "No")));
        Filter looking = new Filter() {
            @Override
            public void ended(Transaction transaction, Outcome outcome) {
                Verdicts.of(transaction).all().forEach(v -> seen.add(v.filter() + " " + v.decision()));
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            send(client(Filters.together(one, two), looking), false)
                    .hears("550")
                    .says("QUIT")
                    .hears("221");
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("outcome=REFUSED"))
                    .singleElement()
                    .asString()
                    .contains(" verdicts=\"two REFUSE EVIL??rule ")
                    .contains(", one PASS -1.5 ");
        }
        assertThat(seen).containsExactly("one PASS", "two REFUSE");
    }

    @Test
    void observed_it_decides_nothing() {
        Scanner refuses = new Working("refuses", LONG, () -> refusing("refuses", true));
        send(client(Observe.only(Filters.together(refuses))), true).hears("250");
        assertThat(destination.messages()).containsExactly("X: y\r\n\r\nb");
    }

    @Test
    void of_no_parts_it_is_an_error() {
        assertThatIllegalArgumentException().isThrownBy(Filters::together);
    }
}
