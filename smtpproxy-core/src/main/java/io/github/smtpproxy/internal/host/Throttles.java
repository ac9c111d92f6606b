package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** The throttles of a proxy, in their order: delays add up, the first refusal counts. */
public final class Throttles {

    private static final Verdict GO = new Verdict(Duration.ZERO, Optional.empty());

    private final List<Throttle> all;
    private final ForeignCode guard;

    /**
     * What all of them answer to a step.
     *
     * @param refusal the reply to the client in place of the step; empty to go on
     */
    public record Verdict(Duration delay, Optional<Reply> refusal) {}

    public Throttles(List<Throttle> all, Network network) {
        this.all = List.copyOf(all);
        this.guard = new ForeignCode(network);
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    /** Asks them before a step. */
    public Verdict before(Step step) {
        Duration delay = Duration.ZERO;
        for (int i = 0; i < all.size(); i++) {
            Throttle throttle = all.get(i);
            Pace pace = ask(throttle, step);
            delay = delay.plus(pace.delay());
            if (pace.refusal().isPresent()) {
                takeBack(step, all.subList(0, i));
                return new Verdict(delay, Optional.of(refusal(throttle, pace)));
            }
        }
        return delay.isZero() ? GO : new Verdict(delay, Optional.empty());
    }

    /**
     * Asks them before octets of a message go on: each until it has granted all.
     *
     * @param step the step, for so many octets that are not granted
     * @param pause waits
     * @return the refusal, if one refuses
     */
    public Optional<Reply> grant(long octets, LongFunction<Step> step, Consumer<Duration> pause) {
        for (Throttle throttle : all) {
            long left = octets;
            while (left > 0) {
                Pace pace = ask(throttle, step.apply(left));
                pause.accept(pace.delay());
                if (pace.refusal().isPresent()) {
                    return Optional.of(refusal(throttle, pace));
                }
                left -= Math.min(left, pace.octets().orElse(left));
            }
        }
        return Optional.empty();
    }

    private Pace ask(Throttle throttle, Step step) {
        return guard.ask(step.session().id(), step, throttle, () -> throttle.before(step))
                .orElse(Pace.go());
    }

    private static Reply refusal(Throttle throttle, Pace pace) {
        return OwnReply.by(
                By.THROTTLE, ForeignCode.name(throttle), pace.refusal().orElseThrow());
    }

    /** Tells them that a step that they let pass has ended. */
    public void ended(Step step) {
        ended(step, all);
    }

    /** A session or transaction that one throttle refuses does not begin: those that counted it are told of its end. */
    private void takeBack(Step step, List<Throttle> before) {
        if (step instanceof Step.Connect || step instanceof Step.Mail) {
            ended(step, before);
        }
    }

    private void ended(Step step, List<Throttle> throttles) {
        for (Throttle throttle : throttles) {
            guard.run(
                    step.session().id(), "the end of " + ForeignCode.name(step), throttle, () -> throttle.ended(step));
        }
    }
}
