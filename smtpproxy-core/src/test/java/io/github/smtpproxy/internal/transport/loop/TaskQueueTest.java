package io.github.smtpproxy.internal.transport.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TaskQueueTest {

    private final TaskQueue queue = new TaskQueue();

    private static Runnable task() {
        // each its own: a lambda that captures nothing is always the same
        return new Runnable() {
            @Override
            public void run() {
                // never run
            }
        };
    }

    @Test
    void what_is_added_comes_in_its_order_however_it_grows() {
        Random random = new Random(1);
        Deque<Runnable> expected = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            int what = random.nextInt(100);
            if (what < 52) {
                Runnable task = task();
                queue.add(task);
                expected.add(task);
            } else if (what < 98) {
                assertThat(queue.poll()).isSameAs(expected.poll());
            } else if (what == 98) {
                queue.reserve(expected.size() + random.nextInt(300));
            } else if (!expected.isEmpty()) {
                Runnable task = List.copyOf(expected).get(random.nextInt(expected.size()));
                assertThat(queue.remove(task)).isTrue();
                expected.remove(task);
                assertThat(queue.remove(task)).isFalse();
            }
            assertThat(queue.isEmpty()).isEqualTo(expected.isEmpty());
        }
    }

    @Test
    void each_task_comes_once_whoever_adds_and_takes() {
        int threads = 4;
        int each = 50_000;
        AtomicInteger ran = new AtomicInteger();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            all.add(onThread(() -> {
                for (int j = 0; j < each; j++) {
                    queue.add(ran::incrementAndGet);
                }
            }));
            all.add(onThread(() -> {
                while (ran.get() < threads * each) {
                    Runnable task = queue.poll();
                    if (task != null) {
                        task.run();
                    }
                }
            }));
        }
        all.forEach(CompletableFuture::join);
        assertThat(ran).hasValue(threads * each);
        assertThat(queue.poll()).isNull();
    }

    private static CompletableFuture<Void> onThread(Runnable code) {
        return CompletableFuture.runAsync(code, task -> new Thread(task).start());
    }
}
