package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lets scanners look at one message at the same time, each on a thread of its own, and decides: a refusal before a
 * deferral before passing; among equals the order of declaration, not that of arrival. So once a scanner has refused, those
 * declared after it are cancelled. Changes are made in that order, if all let the message pass.
 */
final class Examinations {

    /** One that is running. */
    private record Running(Examination examination, Future<Finding> future, long began) {

        Finding await() throws InterruptedException {
            try {
                Duration left = examination.limit().minusNanos(System.nanoTime() - began);
                return future.get(Math.max(0, left.toNanos()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                return examination.failed(e.getCause());
            } catch (TimeoutException | CancellationException e) {
                future.cancel(true);
                return examination.failed(e);
            }
        }
    }

    private Examinations() {}

    static Reply run(List<? extends Scanner> scanners, Message message, TransactionChain<Message> next) {
        List<Examination> examinations = new ArrayList<>();
        scanners.forEach(s -> s.examine(message, next.transaction()).ifPresent(examinations::add));
        List<Finding> findings = findings(examinations);
        findings.forEach(finding -> {
            finding.keepEvidence(next.transaction());
            next.verdict(finding.verdict());
        });
        Optional<Reply> refusal = first(findings, Decision.REFUSE).or(() -> first(findings, Decision.DEFER));
        return refusal.isPresent() ? refusal.get() : next.proceed(changed(message, findings));
    }

    private static List<Finding> findings(List<Examination> examinations) {
        List<Running> running = new ArrayList<>();
        try {
            examinations.forEach(e -> running.add(new Running(e, e.start(), System.nanoTime())));
            return untilOneRefuses(running);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while scanners looked at a message", e);
        } finally {
            running.forEach(r -> r.future().cancel(true));
        }
    }

    private static List<Finding> untilOneRefuses(List<Running> running) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        for (Running one : running) {
            Finding finding = one.examination().changed(one.await());
            findings.add(finding);
            if (finding.verdict().decision() == Decision.REFUSE) {
                break;
            }
        }
        return findings;
    }

    private static Optional<Reply> first(List<Finding> findings, Decision decision) {
        return findings.stream()
                .filter(f -> f.verdict().decision() == decision)
                .flatMap(f -> f.refusal().stream())
                .findFirst();
    }

    private static Message changed(Message message, List<Finding> findings) {
        Message changed = message;
        for (Finding finding : findings) {
            changed = finding.changed(changed);
        }
        return changed;
    }
}
