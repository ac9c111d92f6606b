package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A fault that was added. Thread-safe. */
public final class Injected {

    private final Rules rules;
    private final Conditions conditions;
    private final Making making;
    private final Chance chance;
    private final AtomicLong fitted = new AtomicLong();
    private final AtomicLong made = new AtomicLong();

    Injected(Rules rules, Conditions conditions, Making making, Chance chance) {
        this.rules = rules;
        this.conditions = conditions;
        this.making = making;
        this.chance = chance;
    }

    /** How often it was made. */
    public long count() {
        return made.get();
    }

    /** It is not made any more. */
    public void remove() {
        rules.remove(this);
    }

    Optional<Fault> at(FaultPoint point) {
        if (!conditions.fit(point)) {
            return Optional.empty();
        }
        return conditions.octets().isEmpty()
                ? draw(point)
                : Optional.of(new Fault.AfterOctets(conditions.octets().getAsLong(), () -> draw(point)));
    }

    private Optional<Fault> draw(FaultPoint point) {
        long n = fitted.getAndIncrement();
        if (n < conditions.skipped() || chance.at(n) >= conditions.probability() || !isOneMore()) {
            return Optional.empty();
        }
        return Optional.of(making.fault(point, chance.second(n)));
    }

    private boolean isOneMore() {
        long before = made.getAndUpdate(count -> Math.min(count + 1, conditions.times()));
        return before < conditions.times();
    }
}
