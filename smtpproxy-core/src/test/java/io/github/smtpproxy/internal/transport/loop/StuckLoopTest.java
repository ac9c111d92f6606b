package io.github.smtpproxy.internal.transport.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.internal.transport.SurvivedErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Loops whose thread is stuck. */
class StuckLoopTest {

    /** Each doubles the time in which the loop is given away at once, to a minute. */
    private static final int OFTEN = 7;

    private static final int MANY = 1_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch taken = new CountDownLatch(1);
    private final CountDownLatch ran = new CountDownLatch(1);

    static boolean available() {
        return EventLoopNetwork.unavailable().isEmpty();
    }

    /** The loop's thread waits for a monitor of its selector, which another thread has that waits for a task of the loop. */
    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void one_that_waits_for_a_monitor_is_helped_out() throws Exception {
        EventLoop loop = new EventLoop(SelectorPoller.FACTORY.open(), threads);
        TakeOver takeOver = new TakeOver(loop, threads, new SurvivedErrors("a test"));
        loop.start();
        try (ServerSocketChannel port =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel channel = SocketChannel.open(port.getLocalAddress())) {
            Thread ofLoop = stick(loop, selectorOf(loop, channel));
            await().until(() -> ofLoop.getState() == Thread.State.BLOCKED);
            loop.execute(ran::countDown);
            await().until(() -> {
                takeOver.check();
                return ran.getCount() == 0;
            });
        } finally {
            loop.close();
            threads.shutdownNow();
        }
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void one_that_was_blocked_often_is_given_away_at_once_for_some_tasks_but_not_for_all() throws Exception {
        EventLoop loop = new EventLoop(SelectorPoller.FACTORY.open(), threads);
        TakeOver takeOver = new TakeOver(loop, threads, new SurvivedErrors("a test"));
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        loop.start();
        try {
            for (int i = 1; i <= OFTEN; i++) {
                int blocked = i;
                loop.execute(() -> reached(end));
                await().until(() -> {
                    takeOver.check();
                    return loop.away() == blocked;
                });
            }
            for (int i = 0; i < MANY; i++) {
                loop.execute(() -> {
                    takeOver.beforeBlocking();
                    begun.incrementAndGet();
                    reached(end);
                });
            }
            // the last one to begin keeps the loop's thread
            await().until(() -> begun.get() == TakeOver.MOST_AWAY - OFTEN + 1);
            assertThat(loop.away()).isEqualTo(TakeOver.MOST_AWAY);
            assertThat(loop.hasTasks()).isTrue();
            end.countDown();
            await().until(() -> begun.get() == MANY && loop.away() == 0);
        } finally {
            end.countDown();
            loop.close();
            threads.shutdownNow();
        }
    }

    private static Selector selectorOf(EventLoop loop, SocketChannel channel) throws IOException {
        SelectedSocket socket = new SelectedSocket(channel, (InetSocketAddress) channel.getRemoteAddress(), () -> loop);
        return ((SelectorPoller) loop.poller()).register(socket, 0).selector();
    }

    /** Has another thread take the selector's monitor while a task runs, so that the loop then blocks. */
    private Thread stick(EventLoop loop, Selector selector) throws Exception {
        CompletableFuture<Thread> ofLoop = new CompletableFuture<>();
        loop.execute(() -> {
            threads.execute(() -> {
                synchronized (selector) {
                    taken.countDown();
                    assertThat(reached(ran)).isTrue();
                }
            });
            assertThat(reached(taken)).isTrue();
            ofLoop.complete(Thread.currentThread());
        });
        return ofLoop.get(60, TimeUnit.SECONDS);
    }

    private static boolean reached(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
