package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session.HangUp;
import java.time.Duration;

/** A fault in the middle of a message. The destination never gets the end of a message that it broke or refused. */
public final class AfterOctets {

    private final Rules rules;
    private final Conditions conditions;

    AfterOctets(Rules rules, Conditions conditions) {
        this.rules = rules;
        this.conditions = conditions;
    }

    /** Closes both connections. */
    public Injected hangUp() {
        return add(new Fault.HangUp(HangUp.CLOSE));
    }

    /** Resets the client's connection, and closes that of the destination. */
    public Injected reset() {
        return add(new Fault.HangUp(HangUp.RESET));
    }

    /**
     * Receives the rest, and refuses the message.
     *
     * @param code 400 to 599
     * @param status the enhanced status, such as {@code 4.2.1}
     */
    public Injected reply(int code, String status, String text) {
        return add(new Fault.Refuse(Reply.refusal(code, status, text)));
    }

    /**
     * Goes on later.
     *
     * @param time above zero and at most an hour
     */
    public Injected delay(Duration time) {
        return add(new Fault.Delay(time));
    }

    private Injected add(Fault fault) {
        return rules.add(conditions, (point, chance) -> fault);
    }
}
