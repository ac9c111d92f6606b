package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.throttle.Rate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real Redis that is killed, stalled and revived while two proxies count with it. */
@Tag("servers")
@Timeout(180)
class RedisAwayPeerTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    /** Of one call, on a machine that has other things to do. */
    private static final Duration MOST = Duration.ofSeconds(10);

    private static final Rate RATE = Rate.of(1_000_000, Duration.ofSeconds(1));

    private final CapturedLog log = new CapturedLog();
    private final RedisServer redis = RedisServer.start();
    private final CountedLimits local = new CountedLimits();
    private final RedisState first = state(local);
    private final RedisState second = state(new CountedLimits());
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong slowest = new AtomicLong();

    private RedisState state(Limits local) {
        return RedisState.at(redis.uri())
                .timeout(Duration.ofSeconds(2))
                .lease(LONG)
                .localLimits(local);
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
        redis.close();
        log.close();
    }

    private List<CompletableFuture<Void>> load() {
        return IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.runAsync(() -> {
                    for (int n = 0; !ended.get(); n++) {
                        call(i % 2 == 0 ? first : second, "load " + i + " " + n);
                    }
                }))
                .toList();
    }

    private void call(RedisState state, String holder) {
        long began = System.nanoTime();
        assertThat(state.limits().take("load", RATE, 1).granted()).isTrue();
        assertThat(state.limits().enter("load", holder, 1000)).isTrue();
        state.store().get("load");
        state.limits().leave("load", holder);
        slowest.accumulateAndGet((System.nanoTime() - began) / 4, Math::max);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }

    private void waitFor(Level level, int lines) {
        await().atMost(LONG).until(() -> log.lines(level).size() == lines);
    }

    private void goesAwayAndComesBack(Runnable goes, Runnable comes) {
        assertThat(first.limits().enter("k", "1", 1)).isTrue();
        assertThat(second.limits().enter("k", "1", 1)).isFalse();
        List<CompletableFuture<Void>> load = load();
        assertThat(log.lines()).isEmpty();

        goes.run();
        waitFor(Level.WARN, 2);
        long asked = local.asked();
        await().atMost(LONG).until(() -> local.asked() > asked);
        assertThat(second.limits().enter("k", "1", 1)).as("counts alone").isTrue();
        second.limits().leave("k", "1");
        assertThat(first.limits().enter("k", "2", 1)).as("knows its own holder").isFalse();

        comes.run();
        waitFor(Level.INFO, 2);
        await().atMost(LONG).until(() -> !second.limits().enter("k", "1", 1) || left("k", "1"));
        long alone = local.asked();
        first.limits().take("k", RATE, 1);
        ended.set(true);
        load.forEach(CompletableFuture::join);
        assertThat(local.asked()).as("counted alone by now").isEqualTo(alone);
        assertThat(Duration.ofNanos(slowest.get())).isLessThan(MOST);
        assertThat(log.lines(Level.WARN)).hasSize(2);
        assertThat(log.traces()).isEmpty();
    }

    private boolean left(String key, String holder) {
        second.limits().leave(key, holder);
        return false;
    }

    @Test
    void killed_and_revived_under_load_it_fails_nobody_and_has_the_places_again() {
        goesAwayAndComesBack(redis::kill, redis::revive);
    }

    @Test
    void stalled_under_load_it_holds_nobody_up() {
        goesAwayAndComesBack(redis::stall, redis::goOn);
    }

    @Test
    void a_stalled_one_is_not_asked_for_each_session() {
        try (RedisState state = RedisState.at(redis.uri()).localLimits(local)) {
            Limits limits = state.limits();
            redis.stall();
            long began = System.nanoTime();
            for (int i = 0; i < 1000; i++) {
                assertThat(limits.take("k", RATE, 1).granted()).isTrue();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(25));
            assertThat(local.asked()).isEqualTo(1000);
            redis.goOn();
        }
    }

    @Test
    void one_who_entered_while_it_was_away_has_a_place_when_it_is_back() {
        first.limits();
        second.limits();
        redis.kill();
        waitFor(Level.WARN, 2);
        assertThat(first.limits().enter("k", "1", 1)).isTrue();
        redis.revive();
        waitFor(Level.INFO, 2);
        await().atMost(LONG).until(() -> !second.limits().enter("k", "1", 1) || left("k", "1"));
        first.limits().leave("k", "1");
        assertThat(second.limits().enter("k", "1", 1)).isTrue();
    }

    @Test
    void one_that_was_never_there_is_told_once_and_asked_when_it_comes() {
        redis.kill();
        try (RedisState early = RedisState.at(redis.uri()).timeout(Duration.ofSeconds(2))) {
            assertThat(early.store().get("k")).isEmpty();
            assertThat(early.store().replace("k", Optional.empty(), "v", LONG)).isTrue();
            assertThat(early.store().get("k")).contains("v");
            waitFor(Level.WARN, 1);
            redis.revive();
            waitFor(Level.INFO, 1);
            assertThat(early.store().get("k")).isEmpty();
        }
    }
}
