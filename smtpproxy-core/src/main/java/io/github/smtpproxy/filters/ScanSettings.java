package io.github.smtpproxy.filters;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What all scanners have. Immutable.
 *
 * @param limit how long a look at a message may take, more than 0 and 10 minutes at most
 * @param whenDown what becomes of a message that cannot be scanned
 * @param largest octets of the whole message that are scanned, 1 and up
 * @param whenTooLarge what becomes of a larger message
 * @param exempt clients whose messages are not scanned
 */
public record ScanSettings(
        Duration limit, WhenDown whenDown, long largest, WhenTooLarge whenTooLarge, Predicate<Session> exempt) {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** Checks them. */
    public ScanSettings {
        TimeLimit.check("limit", limit, LONGEST);
        Objects.requireNonNull(whenDown, "whenDown");
        Objects.requireNonNull(whenTooLarge, "whenTooLarge");
        Objects.requireNonNull(exempt, "exempt");
        if (largest < 1) {
            throw new IllegalArgumentException("largest must be at least 1 octet, was " + largest);
        }
    }

    /** 10 s; what cannot be scanned is deferred, what is larger passes; {@link Clients#trusted} are exempt. */
    public static ScanSettings upTo(long largest) {
        return new ScanSettings(Duration.ofSeconds(10), WhenDown.DEFER, largest, WhenTooLarge.PASS, Clients.trusted());
    }

    ScanSettings limit(Duration value) {
        return new ScanSettings(value, whenDown, largest, whenTooLarge, exempt);
    }

    ScanSettings whenDown(WhenDown value) {
        return new ScanSettings(limit, value, largest, whenTooLarge, exempt);
    }

    ScanSettings largest(long value, WhenTooLarge then) {
        return new ScanSettings(limit, whenDown, value, then, exempt);
    }

    ScanSettings exempt(Predicate<Session> value) {
        return new ScanSettings(limit, whenDown, largest, whenTooLarge, value);
    }
}
