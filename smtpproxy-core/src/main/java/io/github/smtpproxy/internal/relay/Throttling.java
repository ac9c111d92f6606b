package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.transport.Transport;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The throttles as one: delays add up, the first refusal counts.
 *
 * @param transport keeps one that takes its time from holding up others
 */
public record Throttling(List<Throttle> all, Transport transport) {

    private static final Logger log = LoggerFactory.getLogger(Throttling.class);

    public Throttling {
        all = List.copyOf(all);
    }

    Pace before(Step step) {
        if (all.isEmpty()) {
            return Pace.go();
        }
        Duration delay = Duration.ZERO;
        for (int i = 0; i < all.size(); i++) {
            Pace pace = ask(all.get(i), step);
            delay = delay.plus(pace.delay());
            if (pace.refusal().isPresent()) {
                takeBack(step, all.subList(0, i));
                return new Pace(delay, pace.refusal());
            }
        }
        return delay.isZero() ? Pace.go() : Pace.after(delay);
    }

    void ended(Step step) {
        tellEnd(step, all);
    }

    /** What one refuses does not begin: those that let it go and count it are told so. */
    private void takeBack(Step step, List<Throttle> letGo) {
        if (step instanceof Step.Connect || step instanceof Step.Mail) {
            tellEnd(step, letGo);
        }
    }

    private void tellEnd(Step step, List<Throttle> told) {
        for (Throttle throttle : told) {
            try {
                transport.mayHold();
                throttle.ended(step);
            } catch (RuntimeException e) {
                log.error(
                        "{}: throttle {} failed",
                        step.session().id(),
                        throttle.getClass().getName(),
                        e);
            }
        }
    }

    private Pace ask(Throttle throttle, Step step) {
        try {
            transport.mayHold();
            Pace pace = throttle.before(step);
            if (pace != null) {
                return pace;
            }
            log.error(
                    "{}: throttle {} returned null",
                    step.session().id(),
                    throttle.getClass().getName());
        } catch (RuntimeException e) {
            log.error(
                    "{}: throttle {} failed",
                    step.session().id(),
                    throttle.getClass().getName(),
                    e);
        }
        return Pace.go();
    }
}
