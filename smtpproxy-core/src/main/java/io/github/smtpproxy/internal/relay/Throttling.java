package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;

/**
 * The throttles as one: delays add up, the first refusal counts.
 *
 * @param network keeps one that takes its time from holding up others
 */
public record Throttling(List<Throttle> all, Network network) {

    public Throttling {
        all = List.copyOf(all);
    }

    /** @param refusals hears which of them refused */
    Pace before(Step step, Refusals refusals) {
        if (all.isEmpty()) {
            return Pace.go();
        }
        Duration delay = Duration.ZERO;
        for (int i = 0; i < all.size(); i++) {
            Pace pace = ask(all.get(i), step);
            delay = delay.plus(pace.delay());
            if (pace.refusal().isPresent()) {
                refusals.note(By.THROTTLE, all.get(i), pace.refusal().get());
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
            new ForeignCode(network)
                    .tell(
                            step.session().id(),
                            "the end of " + ForeignCode.name(step),
                            throttle,
                            () -> throttle.ended(step));
        }
    }

    private Pace ask(Throttle throttle, Step step) {
        return new ForeignCode(network)
                .ask(step.session().id(), step, throttle, () -> throttle.before(step))
                .orElse(Pace.go());
    }
}
