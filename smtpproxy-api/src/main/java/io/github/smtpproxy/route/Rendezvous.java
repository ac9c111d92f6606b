package io.github.smtpproxy.route;

import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The same one for the same key: weighted rendezvous hashing, by which one that goes moves its own keys only, and one that
 * comes takes its share from all. With bounded load: one that has more than its share is passed over.
 */
final class Rendezvous {

    /** How many times its share of the active sessions one may have. */
    private static final double BOUND = 1.25;

    private Rendezvous() {}

    /** The index for this key. */
    static int of(String key, List<?> all, double[] weights, int[] active) {
        double sum = DoubleStream.of(weights).sum();
        int sessions = IntStream.of(active).sum() + 1;
        Comparator<Integer> byScore =
                Comparator.comparingDouble(i -> score(key, all.get(i).toString(), weights[i]));
        return IntStream.range(0, weights.length)
                .boxed()
                .filter(i -> active[i] < Math.ceil(BOUND * sessions * weights[i] / sum))
                .max(byScore)
                .or(() -> IntStream.range(0, weights.length).boxed().max(byScore))
                .orElseThrow();
    }

    private static double score(String key, String name, double weight) {
        return -weight / Math.log(StableHash.fraction(key, name));
    }
}
