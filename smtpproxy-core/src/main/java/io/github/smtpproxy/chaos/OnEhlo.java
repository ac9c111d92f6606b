package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;

/** A fault at EHLO. */
public final class OnEhlo extends Injection<OnEhlo> {

    OnEhlo(Rules rules, Conditions conditions) {
        super(rules, conditions);
    }

    @Override
    OnEhlo with(Conditions changed) {
        return new OnEhlo(rules, changed);
    }

    /**
     * Does not offer an extension; a command that belongs to it is refused with 502 then.
     *
     * @param keyword such as {@code STARTTLS}
     */
    public Injected hide(String keyword) {
        Fault fault = new Fault.Hide(keyword);
        return rules.add(conditions, (point, chance) -> fault);
    }
}
