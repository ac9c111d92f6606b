package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose turn it is. */
class WaitingLineTest {

    private final WaitingLine<String> line = new WaitingLine<>();

    private List<String> all() {
        List<String> all = new ArrayList<>();
        for (Optional<String> next = line.next(); next.isPresent(); next = line.next()) {
            all.add(next.get());
        }
        return all;
    }

    @Test
    void clients_take_turns_and_each_has_its_own_order() {
        for (int i = 1; i <= 4; i++) {
            line.add("a", "a" + i);
        }
        line.add("b", "b1");
        line.add("c", "c1");
        line.add("b", "b2");
        assertThat(line.size()).isEqualTo(7);
        assertThat(all()).containsExactly("a1", "b1", "c1", "a2", "b2", "a3", "a4");
        assertThat(line.size()).isZero();
    }

    @Test
    void the_last_of_the_client_that_has_most_makes_room() {
        line.add("a", "a1");
        line.add("b", "b1");
        line.add("b", "b2");
        line.add("c", "c1");
        assertThat(line.removeLastOfMost()).isEqualTo("b2");
        assertThat(line.removeLastOfMost()).isEqualTo("c1");
        assertThat(all()).containsExactly("a1", "b1");
        assertThat(line.size()).isZero();
    }

    @Test
    void who_leaves_is_not_called() {
        line.add("a", "a1");
        line.add("a", "a2");
        line.add("b", "b1");
        line.remove("a", "a1");
        line.remove("b", "b1");
        line.remove("b", "b1");
        line.remove("c", "c1");
        assertThat(line.size()).isEqualTo(1);
        assertThat(all()).containsExactly("a2");
    }
}
