package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.internal.transport.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks what goes wrong on purpose; nothing, unless a test wants it. Any thread. */
public final class FaultHook {

    private final Optional<Faults> faults;
    private final ForeignCode guard;

    public FaultHook(Optional<Faults> faults, Network network) {
        this.faults = faults;
        this.guard = new ForeignCode(network);
    }

    /** Whether nothing ever goes wrong. */
    public boolean isNone() {
        return faults.isEmpty();
    }

    /** What goes wrong after some octets. */
    public List<Fault> due(String session, List<Fault.AfterOctets> due) {
        List<Fault> faults = new ArrayList<>();
        for (Fault.AfterOctets one : due) {
            guard.ask(session, "faults", one, one.fault()).flatMap(f -> f).ifPresent(faults::add);
            if (!faults.isEmpty() && !(faults.get(faults.size() - 1) instanceof Fault.Delay)) {
                // what comes behind it would not be made
                return faults;
            }
        }
        return faults;
    }

    public List<Fault> at(FaultPoint point) {
        return faults.flatMap(f -> guard.ask(point.session().id(), "faults", f, () -> List.copyOf(f.at(point))))
                .orElse(List.of());
    }
}
