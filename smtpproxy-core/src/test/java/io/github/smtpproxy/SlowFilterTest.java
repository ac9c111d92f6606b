package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.transport.EventLoopTransport;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A filter that takes its time, in a proxy whose sessions share one event loop. */
@EnabledIf("available")
class SlowFilterTest extends ProxyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    static boolean available() {
        return EventLoopTransport.unavailable().isEmpty();
    }

    @Test
    void others_do_not_feel_a_filter_that_sleeps_and_computes_for_two_seconds() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        SmtpProxy proxy = started(proxy().transport(Transport.eventLoops(1)).filter(slow(called)));
        Dialogue held = clientOf(proxy).greets();
        Dialogue other = clientOf(proxy).greets();
        CompletableFuture<?> answered = CompletableFuture.runAsync(
                () -> held.says("MAIL FROM:<slow@client.test>").hears("250"));
        assertThat(called.await(5, TimeUnit.SECONDS)).isTrue();
        List<Duration> turns = new ArrayList<>();
        while (!answered.isDone()) {
            long begin = System.nanoTime();
            other.says("NOOP").hears("250");
            turns.add(Duration.ofNanos(System.nanoTime() - begin));
        }
        answered.join();
        assertThat(turns).hasSizeGreaterThan(100).allMatch(turn -> turn.compareTo(SECOND.dividedBy(2)) < 0);
    }

    private static Filter slow(CountDownLatch called) {
        return new Filter() {
            @Override
            public Reply mail(MailFrom mail, Chain<MailFrom> next) {
                called.countDown();
                LockSupport.parkNanos(SECOND.toNanos());
                long end = System.nanoTime() + SECOND.toNanos();
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                return next.proceed(mail);
            }
        };
    }
}
