package io.github.smtpproxy.inspect;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.ProxyStatus;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.inspect.Recorded.Kind;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Records sessions while somebody looks: those that go on, and the last that ended. Any thread. */
final class Recorder implements ProxyListener, Transcript {

    /** Sessions that go on; of more than these, only some are shown. */
    private static final int MOST_LIVE = 500;

    /** Of new sessions. */
    private static final int MOST_AT_ONCE = 300;

    private static final int MOST_A_SECOND = 100;

    private static final long MOST_OCTETS = 16L << 20;

    private final int kept;
    private final Sample sample;
    private final Held held;
    private final Map<String, Recorded> live = new ConcurrentHashMap<>();
    private final Map<String, Recorded> ended = new LinkedHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final LongAdder sessions = new LongAdder();
    private final LongAdder messages = new LongAdder();
    private final LongAdder refusals = new LongAdder();
    private final Runnable closing;
    private volatile Optional<ProxyStatus> proxy = Optional.empty();
    private volatile boolean watched;

    /** @param closing runs when the proxy is closed */
    Recorder(int kept, Runnable closing) {
        this(kept, new Sample(MOST_AT_ONCE, MOST_A_SECOND, System::nanoTime), new Held(MOST_OCTETS), closing);
    }

    Recorder(int kept, Sample sample, Held held, Runnable closing) {
        this.kept = kept;
        this.sample = sample;
        this.held = held;
        this.closing = closing;
    }

    @Override
    public void proxyStarted(ProxyStatus started) {
        proxy = Optional.of(started);
    }

    @Override
    public void proxyClosed(ProxyStatus over) {
        closing.run();
    }

    /** The proxy, once it has started. */
    Optional<ProxyStatus> proxy() {
        return proxy;
    }

    /** From now on it records, or forgets all. */
    void watch(boolean on) {
        watched = on;
        if (!on) {
            all().forEach(Recorded::forget);
            live.clear();
            sample.forgetAll();
            synchronized (ended) {
                ended.clear();
            }
        }
    }

    @Override
    public boolean isWanted() {
        return watched;
    }

    @Override
    public boolean isWanted(String session) {
        return watched && record(session).isPresent();
    }

    @Override
    public void line(String session, Lane lane, boolean fromProxy, String line) {
        if (watched) {
            Kind kind = lane == Lane.CLIENT ? Kind.CLIENT : Kind.DESTINATION;
            record(session).ifPresent(r -> r.line(kind, (lane == Lane.CLIENT) != fromProxy, line));
        }
    }

    @Override
    public void sessionStarted(Session session) {
        if (watched) {
            sessions.increment();
            makeRoom();
            note(session, () -> "connected to " + session.endpoint());
        }
    }

    @Override
    public void verdict(Session session, Verdict verdict) {
        note(session, verdict::toString);
    }

    @Override
    public void throttled(Session session, Throttled decision) {
        note(session, decision::toString);
    }

    @Override
    public void observed(Session session, Refusal refusal) {
        note(session, () -> "would refuse: " + refusal);
    }

    @Override
    public void refused(Session session, Refusal refusal) {
        if (watched) {
            refusals.increment();
            about(session, r -> r.refused(refusal + whom(refusal)));
            if (isTurnedAway(refusal)) {
                sessionEnded(session);
            }
        }
    }

    /** A connection beyond the limit has neither start nor end. */
    private static boolean isTurnedAway(Refusal refusal) {
        return refusal.by() == Refusal.By.LIMIT
                && refusal.name().equals("maxConnections")
                && refusal.verb().equals("CONNECT");
    }

    private static String whom(Refusal refusal) {
        return refusal.recipient().map(r -> " <" + r.recipient().octets() + ">").orElse("");
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        if (watched) {
            if (outcome.result() == Outcome.Result.DELIVERED) {
                messages.increment();
                about(transaction.session(), Recorded::delivered);
            }
            note(transaction.session(), outcome::toString);
        }
    }

    @Override
    public void sessionEnded(Session session) {
        end(session.id());
    }

    /** It is always found: it is among those that ended before it leaves those that go on. */
    void end(String session) {
        sample.forget(session);
        Recorded over = watched ? live.get(session) : null;
        if (over == null) {
            return;
        }
        over.end();
        synchronized (ended) {
            ended.put(session, over);
            while (ended.size() > kept || held.isNearlyFull() && ended.size() > 1) {
                ended.remove(ended.keySet().iterator().next()).forget();
            }
        }
        live.remove(session, over);
    }

    private void note(Session session, Supplier<String> text) {
        if (watched) {
            about(session, r -> r.note(text.get()));
        }
    }

    private void about(Session session, Consumer<Recorded> what) {
        record(session.id()).ifPresent(recorded -> {
            recorded.from(session.remoteAddress().getAddress().getHostAddress());
            what.accept(recorded);
        });
    }

    /** What is kept of a session; nothing where it was passed over, at once or in favour of newer ones. */
    private Optional<Recorded> record(String session) {
        if (sample.isPassedOver(session)) {
            return Optional.empty();
        }
        Optional<Recorded> known = find(session);
        if (known.isPresent() || live.size() >= MOST_LIVE || !sample.takes(session)) {
            return known;
        }
        Recorded recorded =
                live.computeIfAbsent(session, id -> new Recorded(numbers.incrementAndGet(), id, changes, held));
        if (!watched) {
            drop(recorded);
        }
        return Optional.of(recorded);
    }

    /** Where it is full, the oldest are forgotten, so that new ones are seen. */
    private void makeRoom() {
        if (live.size() < MOST_LIVE) {
            return;
        }
        synchronized (live) {
            if (live.size() >= MOST_LIVE) {
                live.values().stream()
                        .sorted(Comparator.comparingLong(Recorded::number))
                        .limit(MOST_LIVE / 5)
                        .forEach(oldest -> {
                            sample.passOver(oldest.id());
                            drop(oldest);
                        });
            }
        }
    }

    private void drop(Recorded recorded) {
        live.remove(recorded.id(), recorded);
        recorded.forget();
    }

    /** A session that is kept. */
    Optional<Recorded> find(String session) {
        Recorded known = live.get(session);
        if (known == null) {
            synchronized (ended) {
                known = ended.get(session);
            }
        }
        return Optional.ofNullable(known);
    }

    /** Sessions that changed, and up to which change all are reported. */
    record Changes(List<Recorded> sessions, long upTo) {}

    /**
     * The sessions that changed since then, in the order of their last changes; of more than so many, the first. What changes
     * while they are read may be missing, and is reported the next time.
     */
    Changes changedSince(long number, int most) {
        long now = changes.get();
        SortedMap<Long, Recorded> changed = new TreeMap<>();
        for (Recorded session : all()) {
            long last = session.changed();
            if (last > number) {
                changed.put(last, session);
            }
        }
        long upTo = changed.keySet().stream().skip(most - 1L).findFirst().orElse(now);
        return new Changes(changed.values().stream().limit(most).toList(), Math.min(upTo, now));
    }

    /** Those that go on come first, as they end meanwhile. */
    private Set<Recorded> all() {
        Set<Recorded> all = new HashSet<>(live.values());
        synchronized (ended) {
            all.addAll(ended.values());
        }
        return all;
    }

    /** How many sessions, messages and refusals there were while somebody looked, and how many sessions were not shown. */
    Map<String, Object> counts() {
        return Map.of(
                "sessions", sessions.sum(),
                "messages", messages.sum(),
                "refusals", refusals.sum(),
                "passed", sample.count());
    }
}
