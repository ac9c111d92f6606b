package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What goes wrong on purpose in one message. A fault that hangs up refuses too, so that nothing more of the message goes to
 * the destination, whose connection is closed by then. Confined to the session's thread.
 */
final class MessageFaults {

    private final SessionFaults faults;
    private final Transaction transaction;
    private final String verb;
    private final List<Fault.AfterOctets> later = new ArrayList<>();
    private Optional<Fault.Bandwidth> bandwidth = Optional.empty();
    private boolean begun;
    private boolean hungUp;
    private long octets;

    /** @param verb DATA or BDAT */
    MessageFaults(SessionFaults faults, Transaction transaction, String verb) {
        this.faults = faults;
        this.transaction = transaction;
        this.verb = verb;
    }

    /**
     * So many octets more have arrived.
     *
     * @return why the message is refused, if it is
     */
    Optional<Reply> arrived(long more) {
        if (faults.isNone()) {
            return Optional.empty();
        }
        Optional<Reply> refusal = begun ? Optional.empty() : begin();
        if (refusal.isPresent()) {
            return refusal;
        }
        octets += more;
        bandwidth.ifPresent(b -> faults.pause(time(more, b.octetsPerSecond())));
        List<Fault.AfterOctets> due =
                later.stream().filter(l -> octets >= l.octets()).toList();
        later.removeAll(due);
        return make(faults.due(due));
    }

    private static Duration time(long octets, long perSecond) {
        return Duration.ofNanos((long) (octets * 1e9 / perSecond));
    }

    private Optional<Reply> begin() {
        begun = true;
        List<Fault> now = new ArrayList<>();
        for (Fault fault : at(Stage.MESSAGE)) {
            if (fault instanceof Fault.AfterOctets after) {
                later.add(after);
            } else if (fault instanceof Fault.Bandwidth limit) {
                bandwidth = bandwidth
                        .filter(b -> b.octetsPerSecond() < limit.octetsPerSecond())
                        .or(() -> Optional.of(limit));
            } else {
                now.add(fault);
            }
        }
        return make(now);
    }

    /** Whether both connections were closed. */
    boolean isHungUp() {
        return hungUp;
    }

    /** Why the destination does not get the end of the message. */
    Optional<Reply> beforeEnd() {
        return faults.isNone() ? Optional.empty() : make(at(Stage.END_OF_DATA));
    }

    private List<Fault> at(Stage stage) {
        return faults.at(
                new FaultPoint(stage, transaction.session(), Optional.of(transaction), verb, "", Optional.empty()));
    }

    private Optional<Reply> make(List<Fault> made) {
        for (Fault fault : made) {
            if (fault instanceof Fault.HangUp hangUp) {
                faults.made(Optional.of(transaction), fault);
                hungUp = true;
                transaction.session().hangUp(hangUp.how());
                return Optional.of(Replies.FAILED);
            }
            Optional<Reply> refusal = faults.pauseOrRefuse(fault, Optional.of(transaction));
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }
}
