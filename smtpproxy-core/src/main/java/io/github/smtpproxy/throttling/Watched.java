package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Store;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How much of whose mail is refused, and what that has led to: for each key a few numbers in the store of a session. A share
 * that is too large leads one level up, and what is counted begins anew; a level that is over leads one level down.
 * Thread-safe.
 *
 * @param percent from which share on
 * @param atLeast of how many messages, or recipients
 * @param within in which time
 * @param slowed how long somebody is slowed
 * @param heldOff how long somebody is held off, who is slowed afterwards
 */
record Watched(
        int percent,
        int atLeast,
        Duration within,
        Duration slowed,
        Duration heldOff,
        Function<Session, Store> store,
        Clock clock) {

    private static final int TRIES = 10;
    private static final int MOST = 1_000_000;
    private static final int ALL = 100;
    private static final Duration LONGEST = Duration.ofDays(1);

    /** What is done with somebody. */
    enum Level {
        FREE,
        SLOWED,
        HELD_OFF
    }

    /** A level, and how long it still lasts. */
    record Standing(Level level, Duration left) {}

    static Watched defaults(Function<Session, Store> store) {
        Duration hour = Duration.ofHours(1);
        return new Watched(30, 20, hour, hour, hour, store, Clock.systemUTC());
    }

    Watched from(int share, int least) {
        if (share < 1 || share > ALL) {
            throw new IllegalArgumentException("percent must be between 1 and " + ALL + ", was " + share);
        }
        if (least < 1 || least > MOST) {
            throw new IllegalArgumentException("atLeast must be between 1 and " + MOST + ", was " + least);
        }
        return new Watched(share, least, within, slowed, heldOff, store, clock);
    }

    Watched within(Duration time) {
        TimeLimit.check("within", time, LONGEST);
        return new Watched(percent, atLeast, time, slowed, heldOff, store, clock);
    }

    Watched lasting(Duration slow, Duration off) {
        TimeLimit.check("slowed", slow, LONGEST);
        TimeLimit.check("heldOff", off, LONGEST);
        return new Watched(percent, atLeast, within, slow, off, store, clock);
    }

    Watched in(Function<Session, Store> other) {
        return new Watched(percent, atLeast, within, slowed, heldOff, other, clock);
    }

    Watched by(Clock other) {
        return new Watched(percent, atLeast, within, slowed, heldOff, store, other);
    }

    /**
     * What was sent, and what of it was refused.
     *
     * @param spam messages that were refused as such
     * @param unknown recipients that are not known
     */
    record Sent(long messages, long spam, long recipients, long unknown) {

        static final Sent NOTHING = new Sent(0, 0, 0, 0);

        Sent and(Sent more) {
            return new Sent(
                    sum(messages, more.messages),
                    sum(spam, more.spam),
                    sum(recipients, more.recipients),
                    sum(unknown, more.unknown));
        }

        boolean isRefused() {
            return spam + unknown > 0;
        }

        private static long sum(long one, long other) {
            return Math.min(MOST, one + other);
        }
    }

    /**
     * What is kept of a key.
     *
     * @param until the end of the level; after being held off there is a time of being slowed
     * @param since when the present window began
     * @param now in the present window
     * @param before in the one before
     */
    private record Entry(int level, long until, long since, Sent now, Sent before) {

        static final Entry NONE = new Entry(0, 0, 0, Sent.NOTHING, Sent.NOTHING);

        static Entry parse(String text) {
            long[] n = Arrays.stream(text.split(" "))
                    .mapToLong(word -> Long.parseLong(word, Character.MAX_RADIX))
                    .toArray();
            return new Entry(
                    (int) n[0], n[1], n[2], new Sent(n[3], n[4], n[5], n[6]), new Sent(n[7], n[8], n[9], n[10]));
        }

        /** Short: a value of a store has 100 characters at most. */
        String text() {
            long[] numbers = {
                level,
                until,
                since,
                now.messages,
                now.spam,
                now.recipients,
                now.unknown,
                before.messages,
                before.spam,
                before.recipients,
                before.unknown
            };
            return Arrays.stream(numbers)
                    .mapToObj(n -> Long.toString(n, Character.MAX_RADIX))
                    .collect(Collectors.joining(" "));
        }
    }

    /** How somebody stands. */
    Standing standing(Session session, String key) {
        Entry there = store.apply(session).get(key).map(Entry::parse).orElse(Entry.NONE);
        return standing(there, clock.millis());
    }

    private Standing standing(Entry entry, long now) {
        if (now < entry.until()) {
            return new Standing(Level.values()[entry.level()], Duration.ofMillis(entry.until() - now));
        }
        long slowedUntil = entry.until() + slowed.toMillis();
        return entry.level() == Level.HELD_OFF.ordinal() && now < slowedUntil
                ? new Standing(Level.SLOWED, Duration.ofMillis(slowedUntil - now))
                : new Standing(Level.FREE, Duration.ZERO);
    }

    /**
     * Counts what somebody sent. What comes while he is held off was on its way, and does not count.
     *
     * @return the level that begins by it
     */
    Optional<Standing> add(Session session, String key, Sent sent) {
        Store shared = store.apply(session);
        for (int i = 0; i < TRIES; i++) {
            long now = clock.millis();
            Optional<String> before = shared.get(key);
            Entry there = before.map(Entry::parse).orElse(Entry.NONE);
            Level level = standing(there, now).level();
            if (level == Level.HELD_OFF) {
                return Optional.empty();
            }
            Entry counted = counted(there, now, sent);
            boolean tooMuch = sent.isRefused() && tooMuch(counted, now);
            Entry next = tooMuch ? up(level, now) : counted;
            if (shared.replace(key, before, next.text(), lifetime())) {
                return tooMuch ? Optional.of(standing(next, now)) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Duration lifetime() {
        return within.multipliedBy(2).plus(slowed).plus(heldOff);
    }

    private Entry up(Level from, long now) {
        Level next = Level.values()[from.ordinal() + 1];
        Duration lasts = next == Level.SLOWED ? slowed : heldOff;
        return new Entry(next.ordinal(), now + lasts.toMillis(), now, Sent.NOTHING, Sent.NOTHING);
    }

    private Entry counted(Entry there, long now, Sent sent) {
        long age = now - there.since();
        long window = within.toMillis();
        if (age >= 2 * window || age < 0) {
            return new Entry(there.level(), there.until(), now, sent, Sent.NOTHING);
        }
        return age < window
                ? new Entry(
                        there.level(), there.until(), there.since(), there.now().and(sent), there.before())
                : new Entry(there.level(), there.until(), there.since() + window, sent, there.now());
    }

    /** What is of the window before fades evenly while the present one lasts. */
    private boolean tooMuch(Entry entry, long now) {
        double left = 1 - (double) (now - entry.since()) / within.toMillis();
        Sent sent = entry.now();
        Sent before = entry.before();
        return tooMuch(sent.messages() + left * before.messages(), sent.spam() + left * before.spam())
                || tooMuch(sent.recipients() + left * before.recipients(), sent.unknown() + left * before.unknown());
    }

    private boolean tooMuch(double all, double refused) {
        return all >= atLeast && refused * ALL >= all * percent;
    }
}
