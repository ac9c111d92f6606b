package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.message.Interruption;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What keeps a message from its end: faults that are made on purpose, and the time that its transaction may take. */
record MessageEnd(MessageFaults faults, SessionTimes times) implements Interruption {

    @Override
    public Optional<Reply> late() {
        return times.areOver() ? Optional.of(times.over()) : Optional.empty();
    }

    @Override
    public Optional<Reply> beforeEnd() {
        return faults.beforeEnd();
    }

    @Override
    public boolean isHungUp() {
        return faults.isHungUp();
    }
}
