package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** The faults that were added, in their order. Thread-safe. */
final class Rules {

    private final long seed;
    private final AtomicLong added = new AtomicLong();
    private final List<Injected> rules = new CopyOnWriteArrayList<>();

    Rules(long seed) {
        this.seed = seed;
    }

    Injected add(Conditions conditions, Making making) {
        Chance chance = new Chance(conditions.seed().orElse(seed), added.getAndIncrement());
        Injected rule = new Injected(this, conditions, making, chance);
        rules.add(rule);
        return rule;
    }

    void remove(Injected rule) {
        rules.remove(rule);
    }

    void forget() {
        rules.clear();
        added.set(0);
    }

    List<Fault> at(FaultPoint point) {
        List<Fault> faults = new ArrayList<>();
        boolean over = false;
        for (Injected rule : rules) {
            Optional<Fault> fault = rule.at(point, over);
            fault.ifPresent(faults::add);
            over |= fault.filter(Rules::isLast).isPresent();
        }
        return faults;
    }

    /** Behind what refuses, breaks or writes nothing more is made. */
    private static boolean isLast(Fault fault) {
        return !(fault instanceof Fault.Delay
                || fault instanceof Fault.Hide
                || fault instanceof Fault.AfterOctets
                || fault instanceof Fault.Bandwidth);
    }

    boolean contains(Injected rule) {
        return rules.contains(rule);
    }
}
