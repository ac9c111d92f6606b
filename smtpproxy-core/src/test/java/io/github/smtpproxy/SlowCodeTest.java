package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Code of the host program that takes its time at MAIL, in a proxy whose sessions share one event loop. */
@EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
class SlowCodeTest extends ProxyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private enum Code {
        FILTER,
        ROUTER,
        THROTTLE,
        LISTENER
    }

    private final CountDownLatch called = new CountDownLatch(1);

    static boolean available() {
        return EventLoopNetwork.unavailable().isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void others_do_not_feel_what_sleeps_and_computes_for_two_seconds(Code code) throws Exception {
        SmtpProxy proxy = started(slowIn(code).transport(Transport.eventLoops(1)));
        Dialogue held = clientOf(proxy).greets();
        Dialogue other = clientOf(proxy).greets();
        CompletableFuture<?> answered = CompletableFuture.runAsync(
                () -> held.says("MAIL FROM:<slow@client.test>").hears("250"));
        assertThat(called.await(60, TimeUnit.SECONDS)).isTrue();
        List<Duration> turns = new ArrayList<>();
        while (!answered.isDone()) {
            long begin = System.nanoTime();
            other.says("NOOP").hears("250");
            turns.add(Duration.ofNanos(System.nanoTime() - begin));
        }
        answered.join();
        assertThat(turns).hasSizeGreaterThan(100).allMatch(turn -> turn.compareTo(SECOND.dividedBy(2)) < 0);
    }

    @Test
    void an_interrupt_that_comes_late_does_not_keep_a_session_busy() {
        AtomicReference<Thread> session = new AtomicReference<>();
        Filter remembering = new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                session.set(Thread.currentThread());
                return next.proceed(mail);
            }
        };
        Dialogue client = clientOf(proxy().filter(remembering).transport(Transport.eventLoops(1)))
                .greets()
                .envelope();
        session.get().interrupt();
        client.says("NOOP").hears("250");
        await().until(() -> session.get().getState() == Thread.State.WAITING);
        client.says("DATA").hears("354").says("hello").says(".").hears("250");
        await().until(() -> session.get().getState() == Thread.State.WAITING);
        client.says("QUIT").hears("221");
    }

    private SmtpProxyBuilder slowIn(Code code) {
        return switch (code) {
            case FILTER ->
                proxy().filter(new Filter() {
                    @Override
                    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                        takeTime();
                        return next.proceed(mail);
                    }
                });
            case ROUTER ->
                proxy(ENDPOINT, new Router() {
                    @Override
                    public Route mail(Session session, MailFrom mail) {
                        takeTime();
                        return Route.to(destination.destination());
                    }

                    @Override
                    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                        return Route.to(destination.destination());
                    }
                });
            case THROTTLE ->
                proxy().throttle(step -> {
                    if (step instanceof Step.Mail) {
                        takeTime();
                    }
                    return Pace.go();
                });
            case LISTENER ->
                proxy().listener(new ProxyListener() {
                    @Override
                    public void mail(Transaction transaction, MailFrom mail, Reply reply) {
                        takeTime();
                    }
                });
        };
    }

    private void takeTime() {
        called.countDown();
        LockSupport.parkNanos(SECOND.toNanos());
        long end = System.nanoTime() + SECOND.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
