package io.github.smtpproxy.differential;

import java.util.ArrayList;
import java.util.List;

/** How what may be said together is divided into writes. */
enum Grouping {
    /** One command in each. */
    SINGLE {
        @Override
        <T> List<List<T>> of(List<T> together) {
            return together.stream().map(List::of).toList();
        }
    },
    /** In two halves. */
    HALVES {
        @Override
        <T> List<List<T>> of(List<T> together) {
            int half = (together.size() + 1) / 2;
            List<List<T>> groups = new ArrayList<>();
            groups.add(together.subList(0, half));
            if (half < together.size()) {
                groups.add(together.subList(half, together.size()));
            }
            return groups;
        }
    },
    /** All in one. */
    WHOLE {
        @Override
        <T> List<List<T>> of(List<T> together) {
            return together.isEmpty() ? List.of() : List.of(together);
        }
    };

    abstract <T> List<List<T>> of(List<T> together);
}
