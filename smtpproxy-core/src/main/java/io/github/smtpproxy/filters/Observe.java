package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Objects;

/**
 * Runs a filter without letting it decide, to learn what it would do before it is switched on. It gets every command, and
 * each goes on as it came: what the filter changes is dropped, and it refuses nothing. Where it would have refused, that is
 * the attribute {@link #VERDICT} and an event, {@code ProxyListener.observed}. What it throws is logged.
 *
 * <p>A body that it opens is kept, as for any filter: one of more than {@code Endpoint.spoolMax} octets is refused. A filter
 * that asks {@code keepUpTo} first, as all scanners of this package do, causes no such refusal.
 */
public final class Observe {

    /** The last refusal by an observed filter: an attribute of the transaction, or of the session where there is none. */
    public static final Key<Refusal> VERDICT = Key.of("observed refusal", Refusal.class);

    private Observe() {}

    /** This filter, only observed; of a content filter it is a {@link ContentFilter} too. */
    public static Filter only(Filter filter) {
        Objects.requireNonNull(filter, "filter");
        return filter instanceof ContentFilter content
                ? new ObservedContentFilter(content)
                : new ObservedFilter(filter);
    }

    /**
     * This throttle, only observed: it is asked at each step and called at each end, as if it decided, and neither
     * delays nor refuses. What it would have done is an event, {@code ProxyListener.throttled}.
     */
    public static Throttle only(Throttle throttle) {
        Objects.requireNonNull(throttle, "throttle");
        return new ObservedThrottle(throttle);
    }
}
