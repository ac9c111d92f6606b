package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A throttle that neither delays nor refuses. */
final class ObservedThrottle implements Throttle {

    private final Throttle throttle;

    /** What it refused and went on all the same: for the throttle that has not begun, and does not end. */
    private final Set<Step> refused = ConcurrentHashMap.newKeySet();

    ObservedThrottle(Throttle throttle) {
        this.throttle = throttle;
    }

    @Override
    public Pace before(Step step) {
        Pace pace = throttle.before(step);
        if (pace.goesOnAtOnce()) {
            return pace.observed();
        }
        if (pace.refusal().isPresent() && (step instanceof Step.Connect || step instanceof Step.Mail)) {
            refused.add(step);
        }
        boolean named = !pace.reasons().isEmpty();
        return (named ? pace : pace.because(Throttled.by(throttle.getClass().getSimpleName()))).observed();
    }

    @Override
    public void ended(Step step) {
        if (!refused.remove(step)) {
            throttle.ended(step);
        }
    }
}
