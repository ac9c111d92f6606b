package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Balancer.Candidate;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Envelope;
import java.util.List;

/** Chooses a server of a group: by the group's balancer, which is code of others. */
public interface Choice {

    /**
     * Chooses one.
     *
     * @param candidates two or more
     */
    Candidate choose(DestinationGroup group, List<Candidate> candidates, Envelope envelope);
}
