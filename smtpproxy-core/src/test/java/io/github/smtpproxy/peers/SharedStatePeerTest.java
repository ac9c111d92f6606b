package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.Limits.Taken;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.throttle.Rate;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two proxies' limits and stores in one real Redis, which is well. */
@Tag("servers")
@Timeout(120)
class SharedStatePeerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** For a lease that a test waits for: a machine that stands still for two thirds of it would lose it. */
    private static final Duration BRIEF = Duration.ofSeconds(3);

    private static RedisServer redis;

    private final List<RedisState> opened = new ArrayList<>();
    private final String prefix = UUID.randomUUID() + ":";
    private final RedisState first = state(MINUTE);
    private final RedisState second = state(MINUTE);

    @BeforeAll
    static void startDaemon() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void endDaemon() {
        redis.close();
    }

    @AfterEach
    void close() {
        opened.forEach(RedisState::close);
    }

    /** With a timeout that no busy machine exceeds, and with nothing that could count in the place of Redis. */
    private RedisState state(Duration lease) {
        return state(lease, new CountedLimits());
    }

    private RedisState state(Duration lease, Limits local) {
        RedisState state = RedisState.at(redis.uri())
                .prefix(prefix)
                .timeout(Duration.ofSeconds(5))
                .lease(lease)
                .localLimits(local);
        opened.add(state);
        return state;
    }

    @Test
    void a_burst_is_granted_then_refused_with_the_time_to_wait() {
        Rate rate = Rate.of(7, MINUTE);
        List<Taken> burst = IntStream.range(0, 7)
                .mapToObj(i -> (i % 2 == 0 ? first : second).limits().take("k", rate, 1))
                .toList();
        assertThat(burst).allMatch(Taken::granted).extracting(Taken::retryAfter).containsOnly(Duration.ZERO);
        assertThat(burst).extracting(Taken::remaining).containsExactly(6L, 5L, 4L, 3L, 2L, 1L, 0L);
        Taken refused = first.limits().take("k", rate, 1);
        assertThat(refused.granted()).isFalse();
        assertThat(refused.remaining()).isZero();
        assertThat(refused.retryAfter())
                .isBetween(Duration.ofMillis(1), MINUTE.dividedBy(7).plusMillis(1));
        assertThat(second.limits().take("another", rate, 7).granted()).isTrue();
    }

    @Test
    void more_than_the_burst_is_never_granted_and_takes_nothing() {
        Rate rate = Rate.of(10, MINUTE).withBurst(3);
        assertThat(first.limits().take("k", rate, 4).granted()).isFalse();
        assertThat(first.limits().take("k", rate, Long.MAX_VALUE).granted()).isFalse();
        assertThat(first.limits().take("k", rate, 3).granted()).isTrue();
    }

    @Test
    void the_largest_and_the_smallest_rate_are_counted() {
        Rate largest = Rate.of(1_000_000_000_000L, SECOND);
        assertThat(first.limits().take("large", largest, 1_000_000).granted()).isTrue();
        Rate smallest = new Rate(1, Duration.ofDays(366), 1_000_000_000_000L);
        assertThat(first.limits().take("small", smallest, 1_000_000_000_000L).granted())
                .isTrue();
        assertThat(first.limits().take("small", smallest, 1).granted()).isFalse();
    }

    @Test
    void two_proxies_hold_one_rate_within_5_percent() {
        Rate rate = Rate.of(500, SECOND);
        int wanted = 1000;
        long before = System.nanoTime();
        take(first.limits(), rate, 1);
        long began = System.nanoTime();
        Stream.of(first, second)
                .map(state -> CompletableFuture.runAsync(() -> take(state.limits(), rate, wanted)))
                .toList()
                .forEach(CompletableFuture::join);
        long asked = System.nanoTime();
        Taken last = first.limits().take("k", rate, 1);
        // with what is left, however late the threads of this test came to take it
        double counted = 2 * wanted + 1 + (last.granted() ? 1 : 0) + last.remaining();
        assertThat(counted)
                .isBetween(allowed(rate, asked - began) * 0.95, allowed(rate, System.nanoTime() - before) * 1.05);
    }

    private static double allowed(Rate rate, long nanos) {
        return rate.burst() + nanos / 1e9 * rate.amount();
    }

    private static void take(Limits limits, Rate rate, int wanted) {
        for (int granted = 0; granted < wanted; ) {
            Taken taken = limits.take("k", rate, 1);
            if (taken.granted()) {
                granted++;
            } else {
                LockSupport.parkNanos(taken.retryAfter().toNanos());
            }
        }
    }

    @Test
    void holders_of_two_proxies_are_counted_together() {
        assertThat(first.limits().enter("k", "1", 3)).isTrue();
        assertThat(first.limits().enter("k", "2", 3)).isTrue();
        assertThat(second.limits().enter("k", "1", 3)).isTrue();
        assertThat(second.limits().enter("k", "2", 3)).isFalse();
        assertThat(first.limits().enter("k", "3", 3)).isFalse();
        assertThat(first.limits().enter("k", "2", 3)).isTrue();
        first.limits().leave("k", "2");
        assertThat(second.limits().enter("k", "2", 3)).isTrue();
        assertThat(first.limits().enter("k", "2", 3)).isFalse();
        second.limits().leave("k", "unknown");
        assertThat(first.limits().enter("k", "2", 3)).isFalse();
    }

    @Test
    void a_proxy_that_runs_keeps_its_places() {
        state(BRIEF).limits().enter("k", "1", 1);
        await().during(BRIEF.multipliedBy(2))
                .atMost(Duration.ofSeconds(30))
                .until(() -> !second.limits().enter("k", "1", 1));
    }

    /** Waits until Redis answers: what is asked before that is answered by the limits here. */
    private static void reach(RedisState state, CountedLimits here) {
        long before;
        do {
            before = here.asked();
            state.limits().take("reached", Rate.of(1_000_000, SECOND), 1);
        } while (here.asked() > before);
    }

    /** A program that enters, says so, and stays. */
    static final class Holder {
        public static void main(String[] uriAndPrefix) throws IOException {
            CountedLimits here = new CountedLimits();
            RedisState state = RedisState.at(uriAndPrefix[0])
                    .prefix(uriAndPrefix[1])
                    .timeout(Duration.ofSeconds(5))
                    // long enough for a busy machine to ask while it is alive
                    .lease(Duration.ofSeconds(10))
                    .localLimits(here);
            reach(state, here);
            System.out.println(state.limits().enter("k", "1", 1));
            System.in.read();
        }
    }

    @Test
    void a_proxy_that_is_killed_gives_its_places_back() throws IOException {
        CountedLimits here = new CountedLimits();
        RedisState asking = state(Duration.ofSeconds(30), here);
        reach(asking, here);
        Process killed = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        redis.uri(),
                        prefix)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = killed.inputReader()) {
            assertThat(said.readLine()).isEqualTo("true");
            assertThat(asking.limits().enter("k", "1", 1)).isFalse();
        } finally {
            killed.destroyForcibly();
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> asking.limits().enter("k", "1", 1));
    }

    @Test
    void of_two_who_count_in_the_store_none_is_lost() {
        Stream.of(first, second)
                .map(state -> CompletableFuture.runAsync(
                        () -> IntStream.range(0, 200).forEach(i -> increment(state.store()))))
                .toList()
                .forEach(CompletableFuture::join);
        assertThat(first.store().get("n")).contains("400");
        assertThat(first.store().replace("n", Optional.empty(), "1", MINUTE)).isFalse();
        assertThat(first.store().replace("m", Optional.of("0"), "1", MINUTE)).isFalse();
    }

    private static void increment(Store store) {
        Optional<String> before;
        do {
            before = store.get("n");
        } while (!store.replace("n", before, "" + (before.map(Integer::parseInt).orElse(0) + 1), MINUTE));
    }

    @Test
    void a_value_is_gone_when_its_lifetime_is_over() {
        assertThat(first.store().replace("k", Optional.empty(), "v", Duration.ofMillis(200)))
                .isTrue();
        await().until(() -> second.store().get("k").isEmpty());
    }

    @Test
    void other_prefixes_are_other_state() {
        first.store().replace("k", Optional.empty(), "v", MINUTE);
        try (RedisState other = first.prefix("other:" + prefix)) {
            assertThat(other.store().get("k")).isEmpty();
        }
        assertThat(second.store().get("k")).contains("v");
    }

    @Test
    void a_password_logs_in_and_is_never_told() {
        try (CapturedLog log = new CapturedLog();
                RedisServer asking = RedisServer.start("s3cret");
                RedisState right = RedisState.at(asking.uri()).timeout(Duration.ofSeconds(5));
                RedisState wrong = RedisState.at(asking.uri().replace("s3cret", "wr0ng"))) {
            assertThat(right.store().replace("k", Optional.empty(), "v", MINUTE))
                    .isTrue();
            assertThat(right.store().get("k")).contains("v");
            assertThat(log.lines()).isEmpty();
            assertThat(wrong.store().get("k")).isEmpty();
            assertThat(log.lines(Level.WARN)).singleElement().asString().contains(" is away");
            assertThat(log.lines() + "" + right + wrong).doesNotContain("s3cret", "wr0ng");
        }
    }
}
