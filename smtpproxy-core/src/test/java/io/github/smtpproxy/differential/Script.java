package io.github.smtpproxy.differential;

import java.util.List;
import java.util.Set;

/**
 * What a client does in one session.
 *
 * @param name a line, unique in the corpus
 * @param needs EHLO keywords without which it makes no sense
 * @param steps what is done, in order
 */
record Script(String name, Set<String> needs, List<Step> steps) {

    /** The ways to divide it that are not the same; one command in each write always. */
    List<Grouping> groupings() {
        int together = 0;
        int most = 0;
        for (Step step : steps) {
            together = step instanceof Step.Say ? together + 1 : step instanceof Step.Body ? 1 : 0;
            most = Math.max(most, together);
        }
        return switch (most) {
            case 0, 1 -> List.of(Grouping.SINGLE);
            case 2, 3 -> List.of(Grouping.SINGLE, Grouping.WHOLE);
            default -> List.of(Grouping.values());
        };
    }

    /** Whether its last words are QUIT. */
    boolean quits() {
        return !steps.isEmpty()
                && steps.get(steps.size() - 1) instanceof Step.Say say
                && say.octets().equalsIgnoreCase("QUIT\r\n");
    }
}
