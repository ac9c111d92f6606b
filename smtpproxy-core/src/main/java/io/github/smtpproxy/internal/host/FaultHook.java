package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.internal.transport.Network;
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
        return due.stream()
                .flatMap(d -> guard.ask(session, "the faults of a message", d, d.fault()).stream())
                .flatMap(Optional::stream)
                .toList();
    }

    public List<Fault> at(FaultPoint point) {
        return faults.flatMap(f -> guard.ask(
                        point.session().id(), "the faults of " + point.verb(), f, () -> List.copyOf(f.at(point))))
                .orElse(List.of());
    }
}
