package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * When a fault is made.
 *
 * @param verb of the command; empty for a message
 * @param address decides about addresses; empty where any will do
 * @param octets of a message that must have arrived; empty where that does not matter
 * @param skipped how often it fits before it is made
 * @param times how often it is made
 * @param probability with which it is made when it fits
 * @param seed of the chance; empty for that of all faults
 */
record Conditions(
        Stage stage,
        String verb,
        Optional<Predicate<FaultPoint>> address,
        OptionalLong octets,
        long skipped,
        long times,
        double probability,
        OptionalLong seed) {

    Conditions(Stage stage, String verb) {
        this(stage, verb, Optional.empty(), OptionalLong.empty(), 0, Long.MAX_VALUE, 1, OptionalLong.empty());
    }

    boolean fit(FaultPoint point) {
        return point.stage() == stage
                && (verb.isEmpty() || verb.equals(point.verb()))
                && !isChallenge(point)
                && address.filter(a -> !a.test(point)).isEmpty();
    }

    /** The reply to AUTH is the one that ends the login. */
    private static boolean isChallenge(FaultPoint point) {
        return point.verb().equals("AUTH")
                && point.reply().filter(Reply::isIntermediate).isPresent();
    }

    /** These, and one more. */
    Conditions and(Predicate<FaultPoint> further) {
        return address(address.map(a -> a.and(further)).orElse(further));
    }

    Conditions at(Stage other) {
        return new Conditions(other, verb, address, octets, skipped, times, probability, seed);
    }

    /** The same at the reply in place of what comes before it. */
    Conditions atReply() {
        return at(stage == Stage.END_OF_DATA ? Stage.MESSAGE_REPLY : Stage.REPLY);
    }

    Conditions address(Predicate<FaultPoint> only) {
        return new Conditions(stage, verb, Optional.of(only), octets, skipped, times, probability, seed);
    }

    Conditions afterOctets(long count) {
        if (count < 1) {
            throw new IllegalArgumentException("octets must be at least 1, was " + count);
        }
        OptionalLong after = OptionalLong.of(count);
        return new Conditions(Stage.MESSAGE, verb, address, after, skipped, times, probability, seed);
    }

    Conditions skip(long count) {
        if (count < 0) {
            throw new IllegalArgumentException("after must be at least 0, was " + count);
        }
        return new Conditions(stage, verb, address, octets, count, times, probability, seed);
    }

    Conditions times(long count) {
        if (count < 1) {
            throw new IllegalArgumentException("times must be at least 1, was " + count);
        }
        return new Conditions(stage, verb, address, octets, skipped, count, probability, seed);
    }

    Conditions probability(double value, OptionalLong by) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException("probability must be between 0 and 1, was " + value);
        }
        return new Conditions(stage, verb, address, octets, skipped, times, value, by);
    }
}
