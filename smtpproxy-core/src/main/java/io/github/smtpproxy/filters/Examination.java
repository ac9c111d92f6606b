package io.github.smtpproxy.filters;

import io.github.smtpproxy.service.WaitingThreads;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;

/** How a scanner looks at one message. Immutable. */
public final class Examination {

    private final Supplier<Future<Finding>> start;
    private final Duration limit;
    private final Function<Throwable, Finding> failed;

    private Examination(Supplier<Future<Finding>> start, Duration limit, Function<Throwable, Finding> failed) {
        this.start = start;
        this.limit = limit;
        this.failed = failed;
    }

    /**
     * What takes time.
     *
     * @param limit how long {@code work} may take; then its thread is interrupted
     * @param work called on a thread of its own; an interrupt must end it, and close what it opened
     * @param failed what counts as found where {@code work} throws this, which is a
     *     {@link java.util.concurrent.TimeoutException} after the limit; on the session's thread
     */
    public static Examination of(Duration limit, Callable<Finding> work, Function<Throwable, Finding> failed) {
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(failed, "failed");
        return new Examination(() -> WaitingThreads.submit(work), limit, failed);
    }

    /** What is known at once. */
    public static Examination known(Finding finding) {
        Objects.requireNonNull(finding, "finding");
        return new Examination(() -> CompletableFuture.completedFuture(finding), Duration.ZERO, failure -> finding);
    }

    Future<Finding> start() {
        return start.get();
    }

    Duration limit() {
        return limit;
    }

    Finding failed(Throwable failure) {
        return failed.apply(failure);
    }
}
