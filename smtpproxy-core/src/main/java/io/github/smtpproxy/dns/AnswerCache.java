package io.github.smtpproxy.dns;

import io.github.smtpproxy.dns.DnsAnswer.Status;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Answers that are still good, and questions that are being asked. Thread-safe. */
final class AnswerCache {

    private static final int MAX = 10_000;
    private static final long MAX_OCTETS = 16L << 20;
    private static final Duration LEAST = Duration.ofSeconds(60);
    private static final Duration MOST = Duration.ofHours(1);
    private static final Duration FAILED = Duration.ofSeconds(30);

    private final Function<DnsQuestion, CompletableFuture<DnsAnswer>> ask;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<DnsQuestion, Asked> entries = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<DnsQuestion, Asked> eldest) {
            boolean gone = size() > MAX;
            octets -= gone ? eldest.getValue().octets : 0;
            return gone;
        }
    };
    /** Of all values that are kept. */
    private long octets;

    /** An answer, or one that is on its way. */
    private static final class Asked {
        private final CompletableFuture<DnsAnswer> answer = new CompletableFuture<>();
        private volatile long goodUntil;
        private long octets;
    }

    AnswerCache(Function<DnsQuestion, CompletableFuture<DnsAnswer>> ask, LongSupplier nanoTime) {
        this.ask = ask;
        this.nanoTime = nanoTime;
    }

    /** The answer that is kept, else a new one. */
    CompletableFuture<DnsAnswer> get(DnsQuestion question) {
        Asked entry = new Asked();
        lock.lock();
        try {
            Asked there = entries.get(question);
            if (there != null && isGood(there)) {
                return there.answer.copy();
            }
            put(question, entry);
        } finally {
            lock.unlock();
        }
        return ask(question, entry);
    }

    /** A new answer, which is kept. */
    CompletableFuture<DnsAnswer> getAnew(DnsQuestion question) {
        Asked entry = new Asked();
        lock.lock();
        try {
            put(question, entry);
        } finally {
            lock.unlock();
        }
        return ask(question, entry);
    }

    private void put(DnsQuestion question, Asked entry) {
        Asked before = entries.put(question, entry);
        octets -= before == null ? 0 : before.octets;
    }

    /** Without the lock: asking opens a socket, and whoever waits for the answer may go on in this call. */
    private CompletableFuture<DnsAnswer> ask(DnsQuestion question, Asked entry) {
        ask.apply(question).thenAccept(answer -> {
            entry.goodUntil = nanoTime.getAsLong() + lifetime(answer).toNanos();
            entry.answer.complete(answer);
            weigh(question, entry, answer);
        });
        return entry.answer.copy();
    }

    /** What was used longest ago goes for what is too much. */
    private void weigh(DnsQuestion question, Asked entry, DnsAnswer answer) {
        lock.lock();
        try {
            if (entries.get(question) != entry) {
                return;
            }
            entry.octets = answer.values().stream().mapToLong(String::length).sum();
            octets += entry.octets;
            Iterator<Asked> eldest = entries.values().iterator();
            while (octets > MAX_OCTETS && eldest.hasNext()) {
                octets -= eldest.next().octets;
                eldest.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isGood(Asked entry) {
        return !entry.answer.isDone() || nanoTime.getAsLong() - entry.goodUntil < 0;
    }

    private static Duration lifetime(DnsAnswer answer) {
        if (answer.status() == Status.FAILED) {
            return FAILED;
        }
        Duration most = answer.lifetime().compareTo(MOST) > 0 ? MOST : answer.lifetime();
        return most.compareTo(LEAST) < 0 ? LEAST : most;
    }
}
