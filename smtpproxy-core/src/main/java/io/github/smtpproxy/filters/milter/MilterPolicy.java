package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.route.Target;
import java.util.Optional;

/**
 * What becomes of mail where a milter cannot be asked, or wants what only a destination may do.
 *
 * @param largest octets of the whole message that a milter gets
 * @param quarantine where a message goes that is to be quarantined; empty for a field alone
 */
record MilterPolicy(
        WhenDown whenDown, OnDiscard onDiscard, Optional<Target> quarantine, long largest, WhenTooLarge whenTooLarge) {

    static final MilterPolicy DEFAULT =
            new MilterPolicy(WhenDown.DEFER, OnDiscard.refuse(), Optional.empty(), Long.MAX_VALUE, WhenTooLarge.PASS);

    MilterPolicy {
        if (largest < 1) {
            throw new IllegalArgumentException("largest must be at least 1 octet, was " + largest);
        }
    }

    MilterPolicy whenDown(WhenDown value) {
        return new MilterPolicy(value, onDiscard, quarantine, largest, whenTooLarge);
    }

    MilterPolicy onDiscard(OnDiscard value) {
        return new MilterPolicy(whenDown, value, quarantine, largest, whenTooLarge);
    }

    MilterPolicy quarantine(Target value) {
        return new MilterPolicy(whenDown, onDiscard, Optional.of(value), largest, whenTooLarge);
    }

    MilterPolicy largest(long value, WhenTooLarge then) {
        return new MilterPolicy(whenDown, onDiscard, quarantine, value, then);
    }

    boolean isBounded() {
        return largest < Long.MAX_VALUE;
    }
}
