package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Store;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * How long whom a destination answered so must wait: each is four numbers in the store of a
 * session. Thread-safe.
 *
 * @param answers how many within a time begin a penalty
 * @param within the time
 * @param first how long the first penalty lasts; each further one takes twice as long
 * @param most the longest one
 * @param quiet after which time without an answer the next penalty is a first one
 */
record Penalties(
        int answers,
        Duration within,
        Duration first,
        Duration most,
        Duration quiet,
        Function<Session, Store> store,
        Clock clock) {

    private static final int TRIES = 10;
    private static final int MOST_DOUBLINGS = 30;
    private static final int MOST_ANSWERS = 1_000_000;
    private static final Duration LONGEST = Duration.ofDays(1);

    static Penalties defaults(Function<Session, Store> store) {
        Duration minute = Duration.ofMinutes(1);
        Duration hour = Duration.ofHours(1);
        return new Penalties(5, minute, minute, hour, hour, store, Clock.systemUTC());
    }

    Penalties after(int number, Duration time) {
        if (number < 1 || number > MOST_ANSWERS) {
            throw new IllegalArgumentException("number must be between 1 and " + MOST_ANSWERS + ", was " + number);
        }
        TimeLimit.check("within", time, LONGEST);
        return new Penalties(number, time, first, most, quiet, store, clock);
    }

    Penalties lasting(Duration from, Duration to) {
        TimeLimit.check("most", to, LONGEST);
        TimeLimit.check("first", from, to);
        return new Penalties(answers, within, from, to, quiet, store, clock);
    }

    Penalties forgetting(Duration time) {
        TimeLimit.check("quiet", time, LONGEST);
        return new Penalties(answers, within, first, most, time, store, clock);
    }

    Penalties in(Function<Session, Store> other) {
        return new Penalties(answers, within, first, most, quiet, other, clock);
    }

    Penalties by(Clock other) {
        return new Penalties(answers, within, first, most, quiet, store, other);
    }

    /**
     * @param count answers since {@code since}
     * @param penalties that were
     * @param until the end of the last
     */
    private record Record(long count, long since, long penalties, long until) {

        static final Record NONE = new Record(0, 0, 0, 0);

        static Record parse(String text) {
            long[] n = Arrays.stream(text.split(" ")).mapToLong(Long::parseLong).toArray();
            return new Record(n[0], n[1], n[2], n[3]);
        }

        String text() {
            return count + " " + since + " " + penalties + " " + until;
        }
    }

    /** How long the penalty still lasts; zero if there is none. */
    Duration left(Session session, String key) {
        long until = store.apply(session)
                .get(key)
                .map(Record::parse)
                .orElse(Record.NONE)
                .until();
        return Duration.ofMillis(Math.max(0, until - clock.millis()));
    }

    /**
     * One more answer. What comes while a penalty lasts was on its way, and does not count.
     *
     * @return how long the penalty lasts that begins by it
     */
    Optional<Duration> add(Session session, String key) {
        Store shared = store.apply(session);
        for (int i = 0; i < TRIES; i++) {
            long now = clock.millis();
            Optional<String> before = shared.get(key);
            Record there = before.map(Record::parse).orElse(Record.NONE);
            if (there.until() > now) {
                return Optional.empty();
            }
            Record next = next(there, now);
            boolean begins = next.penalties() > there.penalties();
            Duration lasts = begins ? Duration.ofMillis(next.until() - now) : Duration.ZERO;
            if (shared.replace(key, before, next.text(), lasts.plus(longer(quiet, within)))) {
                return Optional.of(lasts).filter(time -> begins);
            }
        }
        return Optional.empty();
    }

    private Record next(Record there, long now) {
        boolean goesOn = there.count() > 0 && now - there.since() < within.toMillis();
        long count = goesOn ? there.count() + 1 : 1;
        if (count < answers) {
            return new Record(count, goesOn ? there.since() : now, there.penalties(), there.until());
        }
        return new Record(
                0, 0, there.penalties() + 1, now + lasting(there.penalties()).toMillis());
    }

    private Duration lasting(long before) {
        Duration doubled = first.multipliedBy(1L << Math.min(before, MOST_DOUBLINGS));
        return doubled.compareTo(most) < 0 ? doubled : most;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
