package io.github.smtpproxy.filters;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.service.WaitingThreads;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** How a scanner looks at one message. Immutable. */
public final class Examination {

    private final Supplier<Future<Finding>> start;
    private final Duration limit;
    private final Function<Throwable, Finding> failed;
    private final UnaryOperator<Finding> changes;

    private Examination(
            Supplier<Future<Finding>> start,
            Duration limit,
            Function<Throwable, Finding> failed,
            UnaryOperator<Finding> changes) {
        this.changes = changes;
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
        return new Examination(() -> WaitingThreads.submit(work), limit, failed, UnaryOperator.identity());
    }

    /** This with changes of the message, whatever else is found, which are made if it goes on. */
    public Examination changing(UnaryOperator<Message> further) {
        Objects.requireNonNull(further, "changes");
        return new Examination(
                start, limit, failed, finding -> changes.apply(finding).changing(further));
    }

    /** What is known at once. */
    public static Examination known(Finding finding) {
        Objects.requireNonNull(finding, "finding");
        return new Examination(
                () -> CompletableFuture.completedFuture(finding),
                Duration.ZERO,
                failure -> finding,
                UnaryOperator.identity());
    }

    Future<Finding> start() {
        return start.get();
    }

    Duration limit() {
        return limit;
    }

    /** What was found, with the changes. */
    Finding changed(Finding finding) {
        return changes.apply(finding);
    }

    Finding failed(Throwable failure) {
        return failed.apply(failure);
    }
}
