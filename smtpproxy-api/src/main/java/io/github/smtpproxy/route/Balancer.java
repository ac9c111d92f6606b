package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/**
 * Chooses a server of a group. Asked when a connection to one is needed, and again for the others where that one cannot be
 * reached. Serves all sessions at once and must be thread-safe; it must not wait. Where it throws, returns null or none of the
 * candidates, this is logged and the first candidate is taken.
 */
@FunctionalInterface
public interface Balancer {

    /** A server of a group that may be chosen now. */
    interface Candidate {

        /** The server. */
        Destination destination();

        /**
         * Its share of the load beside the others: the weight that the group gives it, or less while it returns after
         * failures. Above 0.
         */
        double weight();

        /** How many sessions of this proxy use it now: those that are bound to it, and transactions on leased connections. */
        int active();
    }

    /**
     * Chooses one.
     *
     * @param candidates those that may be chosen, in the group's order; at least one
     */
    Candidate choose(List<Candidate> candidates, Envelope envelope);

    /** The first that can be reached, in the order of the group; weights do not count. */
    static Balancer inOrder() {
        return (candidates, envelope) -> candidates.get(0);
    }

    /** Each in turn, by weight. Has a state of its own: one for each group. */
    static Balancer roundRobin() {
        Turns turns = new Turns();
        return (candidates, envelope) -> candidates.get(turns.next(destinations(candidates), weights(candidates)));
    }

    /** The one with the fewest active sessions for its weight; among equals by chance. */
    static Balancer leastBusy() {
        return leastBusyOf(Integer.MAX_VALUE);
    }

    /** The less busy of two that are drawn by chance: as good as {@link #leastBusy} where many proxies share the servers. */
    static Balancer twoChoices() {
        return leastBusyOf(2);
    }

    private static Balancer leastBusyOf(int drawn) {
        return (candidates, envelope) ->
                candidates.get(Busyness.leastOf(drawn, weights(candidates), active(candidates)));
    }

    /**
     * The same server for the same client address, by weight. Where that one has more than 1.25 times its share of the active
     * sessions, the next one for this client. A server that comes or goes moves no other server's clients.
     */
    static Balancer stickyByClient() {
        return sticky(Balancer::client);
    }

    /** As {@link #stickyByClient} by the sender's address in lower case; before MAIL, by the client. */
    static Balancer stickyBySender() {
        return sticky(envelope -> envelope.mail()
                .flatMap(MailFrom::sender)
                .map(sender -> sender.toString().toLowerCase(Locale.ROOT))
                .orElseGet(() -> client(envelope)));
    }

    private static Balancer sticky(Function<Envelope, String> key) {
        return (candidates, envelope) -> candidates.get(
                Rendezvous.of(key.apply(envelope), destinations(candidates), weights(candidates), active(candidates)));
    }

    private static String client(Envelope envelope) {
        return envelope.session().remoteAddress().getAddress().getHostAddress();
    }

    /**
     * A share of the recipients, always the same ones, to one server, and all others to the other servers. Before a recipient is
     * known, it is not chosen: route by recipient.
     *
     * @param server the one that gets the share; it must be in the group
     * @param percent above 0, at most 100
     * @param others chooses among the others
     */
    static Balancer canary(Destination server, double percent, Balancer others) {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(others, "others");
        if (!(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException("percent must be above 0 and at most 100, was " + percent);
        }
        return (candidates, envelope) -> {
            boolean drawn = envelope.recipient()
                    .map(r -> r.recipient().toString().toLowerCase(Locale.ROOT))
                    .filter(r -> StableHash.fraction(r) * 100 < percent)
                    .isPresent();
            List<Candidate> fitting = candidates.stream()
                    .filter(c -> c.destination().equals(server) == drawn)
                    .toList();
            if (fitting.isEmpty()) {
                return others.choose(candidates, envelope);
            }
            return drawn ? fitting.get(0) : others.choose(fitting, envelope);
        };
    }

    private static List<Destination> destinations(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::destination).toList();
    }

    private static double[] weights(List<Candidate> candidates) {
        return candidates.stream().mapToDouble(Candidate::weight).toArray();
    }

    private static int[] active(List<Candidate> candidates) {
        return candidates.stream().mapToInt(Candidate::active).toArray();
    }
}
