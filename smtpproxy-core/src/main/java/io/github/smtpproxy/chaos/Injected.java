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

    /** @param over whether nothing more is made there: it has fitted, and no more */
    Optional<Fault> at(FaultPoint point, boolean over) {
        if (!conditions.fit(point)) {
            return Optional.empty();
        }
        return conditions.octets().isEmpty()
                ? draw(point, over)
                : Optional.of(new Fault.AfterOctets(conditions.octets().getAsLong(), () -> draw(point, false)));
    }

    private Optional<Fault> draw(FaultPoint point, boolean over) {
        if (!rules.contains(this)) {
            return Optional.empty();
        }
        long n = fitted.getAndIncrement();
        boolean drawn = !over && n >= conditions.skipped() && chance.at(n) < conditions.probability();
        return drawn && isOneMore() ? Optional.of(making.fault(point, chance.second(n))) : Optional.empty();
    }

    private boolean isOneMore() {
        long before = made.getAndUpdate(count -> Math.min(count + 1, conditions.times()));
        return before < conditions.times();
    }
}
