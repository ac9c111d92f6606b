package io.github.smtpproxy.filters.dnslists;

import java.util.List;
import java.util.Objects;

/**
 * Where a client, its HELO name and a sender are listed. Immutable.
 *
 * @param score the sum of the weights
 * @param all each list that counts
 */
public record Listings(int score, List<Listing> all) {

    /** Keeps a copy of the list. */
    public Listings {
        all = List.copyOf(Objects.requireNonNull(all, "all"));
    }

    /**
     * One listing. Immutable.
     *
     * @param list the zone, without a key
     * @param answer an address of 127.0.0.0/8
     * @param weight what it adds to the score
     * @param subject what is listed: {@code client [192.0.2.1]}
     * @param reason in the list's words; empty without any, and where it adds nothing to the score
     */
    public record Listing(String list, String answer, int weight, String subject, String reason) {

        /** Checks that all is there. */
        public Listing {
            Objects.requireNonNull(list, "list");
            Objects.requireNonNull(answer, "answer");
            Objects.requireNonNull(subject, "subject");
            Objects.requireNonNull(reason, "reason");
        }

        Listing because(String why) {
            return new Listing(list, answer, weight, subject, why);
        }

        @Override
        public String toString() {
            return list + "=" + answer;
        }
    }
}
