package io.github.smtpproxy.filters.greylist;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.Store;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * A client's network, a sender and a recipient, and what is remembered of them: {@code W} and the time of the first try,
 * or {@code P} once one passed.
 */
final class Triplet {

    /** Postgrey's numbers. */
    private static final Duration WINDOW = Duration.ofDays(2);

    private static final Duration KNOWN = Duration.ofDays(35);
    private static final int ENOUGH = 5;
    private static final String PASSED = "P";
    private static final int TRIES = 10;

    private final String key;
    private final String networkKey;

    /**
     * What becomes of a try.
     *
     * @param rule why
     * @param left how long it has still to wait; zero if it passes
     */
    record State(String rule, Duration left) {
        static State passing(String rule) {
            return new State(rule, Duration.ZERO);
        }
    }

    Triplet(Session session, MailFrom mail, RcptTo rcpt) {
        String network = Keys.network(session.remoteAddress().getAddress());
        String sender = mail.sender().map(Mailbox::octets).orElse("").toLowerCase(Locale.ROOT);
        this.key = Keys.of("grey", network, sender, rcpt.recipient().octets().toLowerCase(Locale.ROOT));
        this.networkKey = Keys.of("grey-network", network);
    }

    /** Remembers a try. Where another proxy was faster, it looks again. */
    State seen(Store store, long now, Duration delay) {
        if (passes(store) >= ENOUGH) {
            return State.passing("known network");
        }
        for (int i = 0; i < TRIES; i++) {
            Optional<State> state = tryOnce(store, now, delay);
            if (state.isPresent()) {
                return state.get();
            }
        }
        throw new IllegalStateException("the store changes faster than it can be written");
    }

    private Optional<State> tryOnce(Store store, long now, Duration delay) {
        Optional<String> value = store.get(key);
        if (value.isEmpty()) {
            boolean first = store.replace(key, value, "W" + now, WINDOW);
            return first ? Optional.of(new State("first try", delay)) : Optional.empty();
        }
        if (value.get().equals(PASSED)) {
            store.replace(key, value, PASSED, KNOWN);
            return Optional.of(State.passing("known"));
        }
        Duration waited =
                Duration.ofMillis(Math.max(0, now - Long.parseLong(value.get().substring(1))));
        if (waited.compareTo(delay) < 0) {
            return Optional.of(new State("too early", delay.minus(waited)));
        }
        if (!store.replace(key, value, PASSED, KNOWN)) {
            return Optional.empty();
        }
        countPass(store);
        return Optional.of(State.passing("waited"));
    }

    private int passes(Store store) {
        return store.get(networkKey).map(Integer::parseInt).orElse(0);
    }

    /** One that is lost to another proxy does not matter. */
    private void countPass(Store store) {
        Optional<String> before = store.get(networkKey);
        int passes = before.map(Integer::parseInt).orElse(0) + 1;
        store.replace(networkKey, before, Integer.toString(passes), KNOWN);
    }
}
