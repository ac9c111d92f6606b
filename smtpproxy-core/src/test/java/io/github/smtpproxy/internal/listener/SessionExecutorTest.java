package io.github.smtpproxy.internal.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SessionExecutorTest {

    @Test
    void whatever_keeps_a_thread_from_starting_is_a_refused_connection() {
        SessionExecutor executor = new SessionExecutor(task -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThatThrownBy(() -> executor.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void stopping_waits_for_no_session() {
        SessionExecutor executor = new SessionExecutor(task -> {});
        executor.execute(() -> {});
        executor.shutdown();
        assertThat(executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS))
                .isTrue();
    }
}
