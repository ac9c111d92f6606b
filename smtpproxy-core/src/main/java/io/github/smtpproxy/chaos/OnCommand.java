package io.github.smtpproxy.chaos;

/** A fault at a command, or when a client connects. */
public final class OnCommand extends Injection<OnCommand> {

    OnCommand(Rules rules, Conditions conditions) {
        super(rules, conditions);
    }

    @Override
    OnCommand with(Conditions changed) {
        return new OnCommand(rules, changed);
    }
}
