package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.event.Throttled.Decision;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The throttles of a proxy, in their order: delays add up, the first refusal counts. */
public final class ThrottleChain {

    private static final Verdict GO = new Verdict(Pace.go(), Optional.empty());

    private static final Logger log = LoggerFactory.getLogger(ThrottleChain.class);

    /** One delay while the destination waits for a message: under stress Postfix hangs up after 10 seconds. */
    private static final Duration LONGEST_IN_MESSAGE = Duration.ofSeconds(5);

    private final List<Throttle> all;
    private final ForeignCode guard;
    private final Listeners listeners;

    /**
     * What all of them answer to a step.
     *
     * @param pace the sum of their answers
     * @param refusal the reply to the client in place of the step; empty to go on
     */
    public record Verdict(Pace pace, Optional<Reply> refusal) {}

    /** @param listeners get each decision that delays or refuses */
    public ThrottleChain(List<Throttle> all, Network network, Listeners listeners) {
        this.all = List.copyOf(all);
        this.guard = new ForeignCode(network);
        this.listeners = listeners;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    /** Asks them before a step. */
    public Verdict before(Step step) {
        Pace sum = Pace.go();
        for (int i = 0; i < all.size(); i++) {
            Throttle throttle = all.get(i);
            Pace pace = ask(throttle, step);
            report(step, throttle, pace);
            sum = sum.and(pace);
            if (pace.refusal().isPresent()) {
                takeBack(step, all.subList(0, i));
                return new Verdict(sum, Optional.of(refusal(throttle, pace)));
            }
        }
        boolean goesOn =
                sum.delay().isZero() && sum.letGo().isEmpty() && sum.teaser().isEmpty();
        return goesOn ? GO : new Verdict(sum, Optional.empty());
    }

    /**
     * Asks them before octets of a message go on: each until it has granted all. The destination waits for the message, so nobody
     * is held.
     *
     * @param step the step, for so many octets that are not granted
     * @param pause waits
     * @param over whether the session ends, and nobody waits any more
     * @return the refusal, if one refuses
     */
    public Optional<Reply> grant(long octets, LongFunction<Step> step, Consumer<Duration> pause, BooleanSupplier over) {
        for (Throttle throttle : all) {
            long left = octets;
            while (left > 0 && !over.getAsBoolean()) {
                Step asked = step.apply(left);
                Pace pace = ask(throttle, asked);
                report(asked, throttle, pace);
                release(asked.session().id(), pace);
                pause.accept(inMessage(pace.delay().minus(pace.held())));
                if (pace.refusal().isPresent()) {
                    return Optional.of(refusal(throttle, pace));
                }
                left -= Math.min(left, pace.octets().orElse(left));
            }
        }
        return Optional.empty();
    }

    private static Duration inMessage(Duration delay) {
        return delay.compareTo(LONGEST_IN_MESSAGE) < 0 ? delay : LONGEST_IN_MESSAGE;
    }

    private Pace ask(Throttle throttle, Step step) {
        Pace pace = guard.ask(step.session().id(), step, throttle, () -> throttle.before(step))
                .orElse(Pace.go());
        boolean ignored =
                pace.refusal().isPresent() && ignores(step, pace.refusal().get());
        return ignored ? pace.withoutRefusal() : pace;
    }

    /** Reports to the throttles that they hold this client no longer. */
    public void release(String session, Pace pace) {
        pace.letGo()
                .ifPresent(stage -> guard.run(
                        session,
                        "the end of a hold",
                        stage,
                        () -> stage.toCompletableFuture().cancel(false)));
    }

    /** Runs this once the throttles let a client go that they hold. */
    public void whenLetGo(String session, Pace pace, Runnable then) {
        pace.letGo()
                .ifPresent(stage ->
                        guard.run(session, "a hold", stage, () -> stage.whenComplete((any, failure) -> then.run())));
    }

    /** A result that has come, octets that are to be sent and those that nobody reads cannot be refused; a session can end. */
    private static boolean ignores(Step step, Reply refusal) {
        boolean result = step instanceof Step.Auth || step instanceof Step.Refusal;
        return step instanceof Step.Send || step instanceof Step.Opaque || result && refusal.code() != 421;
    }

    /** One event for each decision; what goes on at once is none, and delays of octets only where they have a reason. */
    private void report(Step step, Throttle throttle, Pace pace) {
        List<Throttled> reasons = pace.reasons();
        if (reasons.isEmpty() && (pace.goesOnAtOnce() || pace.refusal().isEmpty() && isOfOctets(step))) {
            return;
        }
        List<Throttled> events = reasons.isEmpty()
                ? pace.because(Throttled.by(ForeignCode.name(throttle))).reasons()
                : reasons;
        for (Throttled decision : events) {
            log.debug("{} {}: {}", step.session().id(), ForeignCode.name(step), decision);
            listeners.notify(step.session(), "throttled", l -> l.throttled(step.session(), decision));
        }
    }

    private static boolean isOfOctets(Step step) {
        return step instanceof Step.Data || step instanceof Step.Send || step instanceof Step.Opaque;
    }

    private static Reply refusal(Throttle throttle, Pace pace) {
        Reply reply = pace.refusal().orElseThrow();
        String name = pace.reasons().stream()
                .filter(reason -> reason.decision() == Decision.REFUSED)
                .map(Throttled::throttle)
                .findFirst()
                .orElseGet(() -> ForeignCode.name(throttle));
        return OwnReply.by(By.THROTTLE, name, reply);
    }

    /** Reports to them that a step that they let pass has ended. */
    public void ended(Step step) {
        ended(step, all);
    }

    /** A session or transaction that one throttle refuses does not begin: those that counted it get its end. */
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
