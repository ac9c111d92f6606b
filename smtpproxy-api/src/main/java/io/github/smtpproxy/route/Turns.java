package io.github.smtpproxy.route;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Smooth weighted turns: each turn adds its weight to everybody, takes the highest, and lowers that by the sum. */
final class Turns {

    /** Of those who are not there any more nothing is kept. */
    private static final int MAX_KNOWN = 1_000;

    private final Map<Object, Double> turns = new HashMap<>();

    /** The index of the next. */
    synchronized int next(List<?> all, double[] weights) {
        if (turns.size() > MAX_KNOWN) {
            turns.clear();
        }
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i];
            double turn = turns.merge(all.get(i), weights[i], Double::sum);
            if (turn > highest) {
                highest = turn;
                best = i;
            }
        }
        turns.merge(all.get(best), -sum, Double::sum);
        return best;
    }
}
