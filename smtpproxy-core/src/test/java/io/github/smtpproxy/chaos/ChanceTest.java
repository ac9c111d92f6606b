package io.github.smtpproxy.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Chance that is the same in each run. */
class ChanceTest {

    private static double[] first(Chance chance) {
        return LongStream.range(0, 1_000).mapToDouble(chance::at).toArray();
    }

    @Test
    void each_fault_has_its_own_and_has_it_again() {
        assertThat(first(new Chance(7, 0))).isEqualTo(first(new Chance(7, 0)));
        assertThat(first(new Chance(7, 0))).isNotEqualTo(first(new Chance(7, 1)));
        assertThat(first(new Chance(7, 0))).isNotEqualTo(first(new Chance(8, 0)));
        assertThat(first(new Chance(0, 1))).isNotEqualTo(first(new Chance(1, 0)));
    }

    @Test
    void it_is_spread_over_all_values() {
        for (Chance chance : new Chance[] {new Chance(0, 0), new Chance(0, 1), new Chance(1, 0), new Chance(-1, 5)}) {
            double[] values = first(chance);
            assertThat(LongStream.range(0, 1_000)
                            .filter(n -> values[(int) n] < 0.2)
                            .count())
                    .isBetween(150L, 250L);
            double together = LongStream.range(0, 1_000)
                    .mapToDouble(n -> (chance.at(n) - 0.5) * (chance.second(n) - 0.5))
                    .average()
                    .orElseThrow();
            assertThat(together).isCloseTo(0, within(0.02));
        }
    }
}
