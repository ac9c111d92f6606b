package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.relay.Place;
import io.github.smtpproxy.internal.relay.Pressure;
import io.github.smtpproxy.internal.relay.SessionLoop;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many sessions an endpoint may have. Where a {@link Pressure} says so, one that is idle gives its place to the next; until
 * it is gone it is one more than may be. Any thread.
 */
final class Room {

    /** How many may be on their way out: half of what SubEtha takes above the limit. */
    private static final int MOST_LEAVING = 500;

    /** Others may take the places that are looked at. */
    private static final int TRIES = 10;

    private final Set<SessionLoop> sessions;
    private final Pressure pressure;
    private final int most;
    private final AtomicInteger leaving = new AtomicInteger();

    /** @param sessions those that there are, which change */
    Room(Set<SessionLoop> sessions, Pressure pressure, int most) {
        this.sessions = sessions;
        this.pressure = pressure;
        this.most = most;
    }

    /** Whether one more session may begin; another one may end for it. */
    boolean isForOneMore() {
        return staying() < most || !pressure.isNone() && take();
    }

    private int staying() {
        return sessions.size() - leaving.get();
    }

    private boolean take() {
        for (int i = 0; i < TRIES && leaving.get() < MOST_LEAVING; i++) {
            Optional<Place> first = sessions.stream()
                    .map(SessionLoop::place)
                    .filter(Place::isWaiting)
                    .min(Place.FIRST_TO_GO);
            if (first.isEmpty()) {
                return false;
            }
            if (first.get().take()) {
                leaving.incrementAndGet();
                return true;
            }
        }
        return false;
    }

    /** A session has begun. */
    void changed() {
        if (!pressure.isNone()) {
            pressure.sessions(staying());
        }
    }

    /** The session of this place has ended. */
    void left(Place place) {
        if (place.isTaken()) {
            leaving.decrementAndGet();
        }
        changed();
    }
}
