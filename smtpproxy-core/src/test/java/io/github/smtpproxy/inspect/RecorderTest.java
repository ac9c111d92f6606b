package io.github.smtpproxy.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Transcript.Lane;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecorderTest {

    private static final int THREADS = 4;
    private static final int EACH = 50;

    private final AtomicLong nanoTime = new AtomicLong();
    private final Held held = new Held(1_000_000);
    private final Recorder recorder = recorder(Integer.MAX_VALUE);
    private final Map<String, Boolean> told = new HashMap<>();
    private long known;

    @BeforeEach
    void watch() {
        recorder.watch(true);
    }

    private Recorder recorder(int most) {
        return new Recorder(THREADS * EACH, new Sample(most, 1, nanoTime::get), held, () -> {});
    }

    private void sessions(int thread) {
        for (int i = 0; i < EACH; i++) {
            String session = thread + "-" + i;
            recorder.line(session, Lane.CLIENT, false, "QUIT");
            recorder.end(session);
        }
    }

    private int look(int most) {
        Recorder.Changes changes = recorder.changedSince(known, most);
        known = changes.upTo();
        changes.sessions()
                .forEach(session ->
                        told.put(session.id(), (Boolean) session.summary().get("ended")));
        return changes.sessions().size();
    }

    /** A viewer that asks again and again is never left with a session that has ended without its being told. */
    @Test
    void what_changes_while_it_is_read_is_told_the_next_time() {
        for (int round = 0; round < 200; round++) {
            told.clear();
            recorder.watch(false);
            recorder.watch(true);
            List<CompletableFuture<Void>> threads = IntStream.range(0, THREADS)
                    .mapToObj(thread -> CompletableFuture.runAsync(() -> sessions(thread)))
                    .toList();
            while (!threads.stream().allMatch(CompletableFuture::isDone)) {
                look(100);
            }
            threads.forEach(CompletableFuture::join);
            while (look(100) > 0) {}
            assertThat(told).hasSize(THREADS * EACH).doesNotContainValue(false);
        }
    }

    @Test
    void of_many_changes_the_first_are_told_and_then_the_others() {
        sessions(0);
        assertThat(look(30)).isEqualTo(30);
        assertThat(look(30)).isEqualTo(20);
        assertThat(look(30)).isZero();
        assertThat(told).hasSize(EACH).doesNotContainValue(false);
    }

    @Test
    void so_many_sessions_a_second_are_shown_from_their_begin_and_the_others_not_at_all() {
        Recorder sampling = recorder(2);
        sampling.watch(true);
        for (String session : List.of("a", "b", "c", "a", "b", "c")) {
            sampling.line(session, Lane.CLIENT, false, "NOOP");
        }
        nanoTime.addAndGet(1_000_000_000);
        sampling.line("c", Lane.CLIENT, false, "QUIT");
        sampling.line("d", Lane.CLIENT, false, "NOOP");
        sampling.line("e", Lane.CLIENT, false, "NOOP");
        assertThat(List.of("a", "b", "c", "d", "e"))
                .filteredOn(s -> sampling.find(s).isPresent())
                .containsExactly("a", "b", "d");
        assertThat(List.of("a", "b", "c", "d", "e"))
                .filteredOn(sampling::isWanted)
                .containsExactly("a", "b", "d");
        assertThat(sampling.counts()).containsEntry("passed", 2L);
    }

    @Test
    void what_was_passed_over_is_forgotten_with_its_session_and_with_the_last_viewer() {
        Sample sample = new Sample(1, 1, nanoTime::get);
        assertThat(sample.takes("a")).isTrue();
        assertThat(sample.takes("b")).isFalse();
        assertThat(sample.takes("c")).isFalse();
        sample.forget("b");
        assertThat(sample.isPassedOver("b")).isFalse();
        assertThat(sample.isPassedOver("c")).isTrue();
        sample.forgetAll();
        assertThat(sample.isPassedOver("c")).isFalse();
        assertThat(sample.count()).isEqualTo(2);
    }

    private static int rows(Recorded session) {
        return ((List<?>) session.details(0).get("rows")).size();
    }

    @Test
    void all_sessions_together_hold_so_much_and_the_newest_are_shown_whole() {
        for (int i = 0; i < 100; i++) {
            for (int line = 0; line < 100; line++) {
                recorder.line("s" + i, Lane.CLIENT, false, "x".repeat(500));
            }
            recorder.end("s" + i);
        }
        assertThat(recorder.find("s0")).isEmpty();
        assertThat(recorder.find("s99").map(RecorderTest::rows)).contains(100);
    }

    @Test
    void a_session_that_goes_on_is_kept_up_to_where_all_hold_too_much() {
        for (int i = 0; i < 20; i++) {
            for (int line = 0; line < 100; line++) {
                recorder.line("s" + i, Lane.CLIENT, false, "x".repeat(500));
            }
        }
        assertThat(recorder.find("s0").map(RecorderTest::rows)).contains(100);
        assertThat(recorder.find("s19").map(RecorderTest::rows)).contains(1);
    }

    @Test
    void nothing_is_held_once_nobody_looks() {
        sessions(0);
        recorder.line("a", Lane.CLIENT, false, "NOOP");
        recorder.watch(false);
        assertThat(held.take(1_000_000)).isTrue();
        assertThat(held.take(1)).isFalse();
    }
}
