package io.github.smtpproxy.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Who has the fewest active sessions for its weight. */
final class Busyness {

    private Busyness() {}

    /** The index of the least busy of some that are drawn by chance, by weight; among equals by chance. */
    static int leastOf(int drawn, double[] weights, int[] active) {
        List<Integer> left =
                new ArrayList<>(IntStream.range(0, weights.length).boxed().toList());
        List<Integer> some = new ArrayList<>();
        while (!left.isEmpty() && some.size() < drawn) {
            some.add(left.remove(draw(left, weights)));
        }
        return some.stream()
                .min(Comparator.comparingDouble(i -> (active[i] + 1) / weights[i]))
                .orElseThrow();
    }

    /** An index of this list. */
    private static int draw(List<Integer> left, double[] weights) {
        double point = ThreadLocalRandom.current().nextDouble()
                * left.stream().mapToDouble(i -> weights[i]).sum();
        for (int i = 0; i < left.size() - 1; i++) {
            point -= weights[left.get(i)];
            if (point < 0) {
                return i;
            }
        }
        return left.size() - 1;
    }
}
