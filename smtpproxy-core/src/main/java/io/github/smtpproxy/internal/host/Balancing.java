package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.internal.downstream.Choice;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Balancer.Candidate;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Envelope;
import java.util.List;

/** The balancers of groups. Where one fails, the first candidate is taken. Any thread. */
public final class Balancing implements Choice {

    private final ForeignCode guard;

    public Balancing(Network network) {
        this.guard = new ForeignCode(network);
    }

    @Override
    public Candidate choose(DestinationGroup group, List<Candidate> candidates, Envelope envelope) {
        Balancer balancer = group.balancer();
        String session = envelope.session().id();
        Candidate chosen = guard.ask(
                        session, "choosing a server", balancer, () -> balancer.choose(candidates, envelope))
                .orElse(candidates.get(0));
        if (!candidates.contains(chosen)) {
            ForeignCode.failed(session, "choosing a server", balancer, "chose none of the candidates");
            return candidates.get(0);
        }
        return chosen;
    }
}
