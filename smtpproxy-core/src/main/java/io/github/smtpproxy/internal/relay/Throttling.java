package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The throttles as one: delays add up, the first refusal counts. */
public record Throttling(List<Throttle> all) {

    private static final Logger log = LoggerFactory.getLogger(Throttling.class);

    public Throttling {
        all = List.copyOf(all);
    }

    Pace before(Step step) {
        Duration delay = Duration.ZERO;
        for (Throttle throttle : all) {
            Pace pace = ask(throttle, step);
            delay = delay.plus(pace.delay());
            if (pace.refusal().isPresent()) {
                return new Pace(delay, pace.refusal());
            }
        }
        return delay.isZero() ? Pace.go() : Pace.after(delay);
    }

    void ended(Step step) {
        for (Throttle throttle : all) {
            try {
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

    private static Pace ask(Throttle throttle, Step step) {
        try {
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
