package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DestinationStatus.State;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ending service: in good order, and at once. */
class DrainTest extends ProxyTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private static Thread draining(SmtpProxy proxy, Duration patience) {
        Thread thread = new Thread(() -> proxy.drain(patience), "drain");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void awaitEndOf(Thread thread) {
        await().until(() -> !thread.isAlive());
    }

    @Test
    void an_idle_session_hears_421_4_3_2() {
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy).greets();
        Thread draining = draining(proxy, LONG);
        client.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(draining);
    }

    @Test
    void a_session_that_said_nothing_yet_hears_421_4_3_2() {
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy).hears("220");
        Thread draining = draining(proxy, LONG);
        client.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(draining);
    }

    @Test
    void a_running_transaction_ends_and_then_hears_421_4_3_2() {
        SmtpProxy proxy = started(proxy());
        Dialogue idle = clientOf(proxy).greets();
        Dialogue client =
                clientOf(proxy).greets().envelope().says("DATA").hears("354").says("hello");
        Thread draining = draining(proxy, LONG);
        idle.hears("421 4.3.2 ");
        client.says(".").hears("250 2.0.0 Ok: queued").hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(draining);
        assertThat(destination.messages()).containsExactly("hello\r\n");
    }

    @Test
    void a_transaction_in_its_envelope_may_go_on_to_its_end() {
        SmtpProxy proxy = started(proxy());
        Dialogue idle = clientOf(proxy).greets();
        Dialogue client =
                clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("250");
        Thread draining = draining(proxy, LONG);
        idle.hears("421 4.3.2 ");
        client.says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("DATA")
                .hears("354")
                .says(".")
                .hears("250")
                .hears("421 4.3.2 ");
        awaitEndOf(draining);
    }

    @Test
    void no_new_session_begins_while_draining() {
        SmtpProxy proxy = started(proxy());
        Dialogue idle = clientOf(proxy).greets();
        Dialogue client =
                clientOf(proxy).greets().says("MAIL FROM:<a@client.test>").hears("250");
        Thread draining = draining(proxy, LONG);
        idle.hears("421 4.3.2 ");
        assertThatThrownBy(() -> Dialogue.with(proxy.address())).isInstanceOf(AssertionError.class);
        client.says("RSET").hears("250").hears("421 4.3.2 ");
        awaitEndOf(draining);
    }

    @Test
    void what_runs_longer_than_the_patience_is_broken_off_and_delivers_nothing() {
        SmtpProxy proxy = started(proxy());
        Dialogue client =
                clientOf(proxy).greets().envelope().says("DATA").hears("354").says("hello");
        Thread draining = draining(proxy, Duration.ofMillis(200));
        client.hearsTheEnd();
        awaitEndOf(draining);
        await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void close_does_not_wait_for_a_destination_that_stalls() {
        destination.on("MAIL").fail(Fault.STALL);
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy).greets().says("MAIL FROM:<a@client.test>");
        await().until(() -> !destination.heard("MAIL").isEmpty());
        long start = System.nanoTime();
        proxy.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
        await().until(() -> destination.openConnections() == 0);
        client.close();
    }

    /** Five in a row would eject it. */
    @ParameterizedTest
    @ValueSource(strings = {"connect", "EHLO"})
    void what_is_broken_off_is_no_fault_of_the_destination(String at) {
        List<State> states = new CopyOnWriteArrayList<>();
        SmtpProxy proxy = started(proxy().listener(new ProxyListener() {
            @Override
            public void destinationChanged(DestinationStatus now) {
                states.add(now.state());
            }
        }));
        destination.on(at).fail(Fault.STALL);
        int clients = 6;
        for (int i = 0; i < clients; i++) {
            Dialogue client = clientOf(proxy);
            if (at.equals("EHLO")) {
                client.hears("220").says("EHLO client.test");
            }
        }
        await().until(() ->
                at.equals("EHLO") ? destination.heard("EHLO").size() == clients : destination.connections() == clients);
        proxy.drain(LONG);
        assertThat(states).isEmpty();
        assertThat(proxy.destinations().get(0).failed()).isZero();
    }

    @Test
    void close_does_not_wait_for_a_delay() {
        CountDownLatch delayed = new CountDownLatch(1);
        SmtpProxy proxy = started(proxy().throttle(step -> {
            if (step instanceof Step.Mail) {
                delayed.countDown();
                return Pace.after(Duration.ofMinutes(10));
            }
            return Pace.go();
        }));
        clientOf(proxy).greets().says("MAIL FROM:<a@client.test>");
        await().until(() -> delayed.getCount() == 0);
        long start = System.nanoTime();
        proxy.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    void close_from_the_thread_of_a_filter_does_not_hang() {
        AtomicReference<SmtpProxy> proxy = new AtomicReference<>();
        CountDownLatch closed = new CountDownLatch(1);
        proxy.set(started(proxy().filter(new Filter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                proxy.get().close();
                closed.countDown();
                return Reply.defer("4.3.2", "Closed");
            }
        })));
        clientOf(proxy.get()).greets().says("MAIL FROM:<a@client.test>");
        await().until(() -> closed.getCount() == 0);
        await().until(() -> destination.openConnections() == 0);
    }

    @Test
    void no_thread_of_a_closed_proxy_is_left() {
        SmtpProxy proxy = started(proxy());
        clientOf(proxy).greets();
        proxy.close();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().startsWith("smtpproxy")));
    }
}
