package io.github.smtpproxy.throttle;

import io.github.smtpproxy.session.Session;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** A throttle that is not asked about some sessions. */
final class Unless implements Throttle {

    private final Throttle throttle;
    private final Predicate<Session> exempt;

    /** What it was not asked about and will end: a session may be exempt by then, or be so no more. */
    private final Set<Step> skipped = ConcurrentHashMap.newKeySet();

    Unless(Throttle throttle, Predicate<Session> exempt) {
        this.throttle = throttle;
        this.exempt = exempt;
    }

    @Override
    public Pace before(Step step) {
        if (!exempt.test(step.session())) {
            return throttle.before(step);
        }
        if (step instanceof Step.Connect || step instanceof Step.Mail) {
            skipped.add(step);
        }
        return Pace.go();
    }

    @Override
    public void ended(Step step) {
        if (!skipped.remove(step)) {
            throttle.ended(step);
        }
    }
}
