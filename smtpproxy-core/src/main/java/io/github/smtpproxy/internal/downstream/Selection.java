package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Balancer.Candidate;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The servers of a target for one connection, each once, in the order in which they are to be tried: those that are not ejected,
 * then spares that are not, then those that are. One that is drained is none of them. Used by the session's thread.
 */
final class Selection {

    /** However many servers a group has, a client waits for so many of them. */
    private static final int MAX_TRIES = 5;

    private final Optional<DestinationGroup> group;
    private final Choice choice;
    private final Envelope envelope;
    private final List<Server> left = new ArrayList<>();
    private int tries;
    private long end;

    private record Server(Destination destination, DestinationState state, double weight, int active, boolean spare)
            implements Candidate {

        boolean isWell() {
            return state.health().isAvailable();
        }
    }

    Selection(Target target, Destinations destinations, Choice choice, Envelope envelope) {
        this.group = target instanceof DestinationGroup several ? Optional.of(several) : Optional.empty();
        this.choice = choice;
        this.envelope = envelope;
        for (Destination destination : target.destinations()) {
            DestinationState state = destinations.state(destination);
            if (!state.isDrained()) {
                left.add(server(destination, state));
            }
        }
    }

    private Server server(Destination destination, DestinationState state) {
        double weight =
                group.map(g -> g.weight(destination)).orElse(1) * state.health().share();
        boolean spare = group.filter(g -> g.isSpare(destination)).isPresent();
        return new Server(destination, state, weight, state.active(), spare);
    }

    /** This with an end: no further one is tried after it. */
    Selection within(Duration limit) {
        end = System.nanoTime() + limit.toNanos();
        return this;
    }

    /** The next one. */
    Optional<Destination> next() {
        if (left.isEmpty() || tries >= MAX_TRIES || tries > 0 && System.nanoTime() - end > 0) {
            return Optional.empty();
        }
        tries++;
        Server next = among(s -> !s.spare && s.isWell())
                .or(() -> among(Server::isWell))
                .orElseGet(() -> choose(left));
        left.remove(next);
        return Optional.of(next.destination);
    }

    /** One of these; not the one that another session tries just now. */
    private Optional<Server> among(Predicate<Server> fits) {
        List<Server> fitting = new ArrayList<>(left.stream().filter(fits).toList());
        while (!fitting.isEmpty()) {
            Server chosen = choose(fitting);
            if (chosen.state.health().claim()) {
                return Optional.of(chosen);
            }
            fitting.remove(chosen);
        }
        return Optional.empty();
    }

    private Server choose(List<Server> fitting) {
        return fitting.size() > 1 && group.isPresent()
                ? (Server) choice.choose(group.get(), List.copyOf(fitting), envelope)
                : fitting.get(0);
    }
}
