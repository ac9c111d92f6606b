package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session.HangUp;

/** A fault at a message, whether it comes with DATA or BDAT: when all of it has arrived, unless it says otherwise. */
public final class OnMessage extends Injection<OnMessage> {

    OnMessage(Rules rules, Conditions conditions) {
        super(rules, conditions);
    }

    @Override
    OnMessage with(Conditions changed) {
        return new OnMessage(rules, changed);
    }

    /** Only a message that has this recipient. */
    public OnMessage to(String recipient) {
        return with(conditions.address(Addressed.of(recipient)));
    }

    /** Closes both connections in place of the reply to a message that the destination has accepted. */
    @Override
    public Injected loseReply() {
        Fault fault = new Fault.HangUp(HangUp.CLOSE);
        Conditions accepted = conditions
                .atReply()
                .and(point -> point.reply().filter(Reply::isPositive).isPresent());
        return rules.add(accepted, (point, chance) -> fault);
    }

    /**
     * When so many octets have arrived, perhaps with some that came at the same time. A shorter message passes.
     *
     * @param octets 1 and up, as they come: with DATA, doubled dots and the end of data count
     */
    public AfterOctets afterOctets(long octets) {
        return new AfterOctets(rules, conditions.afterOctets(octets));
    }

    /**
     * Receives it no faster than this.
     *
     * @param octetsPerSecond 1 and up
     */
    public Injected bandwidth(long octetsPerSecond) {
        Fault fault = new Fault.Bandwidth(octetsPerSecond);
        return rules.add(conditions.at(Stage.MESSAGE), (point, chance) -> fault);
    }
}
