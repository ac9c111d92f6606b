package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.message.MessageControl;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What holds up, refuses or breaks off the message of a transaction: throttles, its time, faults that are made on purpose. */
record TransactionControl(RelayTransaction transaction, Pacing pacing, MessageFaults faults, SessionTimes times)
        implements MessageControl {

    @Override
    public Optional<Reply> arrived(long octets) {
        return pacing.arrived(transaction, octets).or(() -> faults.arrived(octets));
    }

    @Override
    public boolean send(long octets) {
        return pacing.send(transaction, octets);
    }

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
