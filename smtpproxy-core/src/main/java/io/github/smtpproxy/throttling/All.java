package io.github.smtpproxy.throttling;

import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/** Throttles in their order. */
final class All implements Throttle {

    private final List<Throttle> throttles;

    /** Octets that each has granted in a transaction while another one held them back: it is not asked for them again. */
    private final Key<long[]> arrived = Key.of("octets granted", long[].class);

    private final Key<long[]> sent = Key.of("octets granted to be sent", long[].class);

    All(List<Throttle> throttles) {
        this.throttles = throttles;
    }

    @Override
    public Pace before(Step step) {
        if (step instanceof Step.Data data) {
            Transaction transaction = data.transaction();
            return grant(ahead(transaction, arrived), data.octets(), octets -> new Step.Data(transaction, octets));
        }
        if (step instanceof Step.Send send) {
            Transaction transaction = send.transaction();
            return grant(ahead(transaction, sent), send.octets(), octets -> new Step.Send(transaction, octets));
        }
        Pace sum = Pace.go();
        for (int i = 0; i < throttles.size() && sum.refusal().isEmpty(); i++) {
            sum = sum.and(ask(throttles.get(i), step));
            if (sum.refusal().isPresent()) {
                takeBack(step, throttles.subList(0, i));
            }
        }
        return sum;
    }

    private long[] ahead(Transaction transaction, Key<long[]> key) {
        return transaction.attribute(key).orElseGet(() -> {
            long[] ahead = new long[throttles.size()];
            transaction.attribute(key, ahead);
            return ahead;
        });
    }

    private Pace grant(long[] ahead, long octets, LongFunction<Step> step) {
        Pace sum = Pace.go();
        for (int i = 0; i < ahead.length; i++) {
            if (ahead[i] == 0) {
                Pace pace = ask(throttles.get(i), step.apply(octets));
                ahead[i] = Math.min(octets, pace.octets().orElse(octets));
                sum = sum.and(pace);
            }
            if (sum.refusal().isPresent()) {
                return sum;
            }
        }
        long granted = Math.min(octets, Arrays.stream(ahead).min().orElse(octets));
        Arrays.setAll(ahead, i -> ahead[i] - granted);
        return granted < octets ? sum.and(Pace.grant(granted)) : sum;
    }

    private static Pace ask(Throttle throttle, Step step) {
        Pace pace = throttle.before(step);
        return pace.goesOnAtOnce() || !pace.reasons().isEmpty()
                ? pace
                : pace.because(Throttled.by(throttle.getClass().getSimpleName()));
    }

    private static void takeBack(Step step, List<Throttle> before) {
        if (step instanceof Step.Connect || step instanceof Step.Mail) {
            before.forEach(throttle -> throttle.ended(step));
        }
    }

    @Override
    public void ended(Step step) {
        throttles.forEach(throttle -> throttle.ended(step));
    }
}
