package io.github.smtpproxy.differential;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The same session without the proxy and with it.
 *
 * @param straight what the client heard from the server
 * @param proxied what it heard from the proxy
 * @param rules the differences that are allowed
 */
record Comparison(Script script, Grouping grouping, List<Exchange> straight, List<Exchange> proxied, List<Rule> rules) {

    /** Whether all replies are alike, or differ as is allowed. */
    boolean alike() {
        return alike(rules);
    }

    private boolean alike(List<Rule> rules) {
        return firstDifference(rules) < 0;
    }

    /** Those rules of the proxy's without which there would be a difference. */
    Set<Rule> needed() {
        return rules.stream()
                .filter(r -> r.kind() == Rule.Kind.PROXY)
                .filter(r -> !alike(rules.stream().filter(other -> other != r).toList()))
                .collect(Collectors.toSet());
    }

    private int firstDifference(List<Rule> rules) {
        int both = Math.min(straight.size(), proxied.size());
        for (int i = 0; i < both; i++) {
            List<String> expected = lines(straight.get(i), proxied.get(i), false, rules);
            if (!expected.equals(lines(proxied.get(i), straight.get(i), true, rules))) {
                return i;
            }
            if (expected.equals(Rule.THE_REST)) {
                return -1;
            }
        }
        return straight.size() == proxied.size() ? -1 : both;
    }

    private static List<String> lines(Exchange exchange, Exchange opposite, boolean proxied, List<Rule> rules) {
        Exchange rewritten = exchange;
        for (Rule rule : rules) {
            rewritten = rule.apply(rewritten, opposite, proxied);
        }
        return rewritten.reply();
    }

    /** The first difference, for a reader. */
    String report() {
        int at = firstDifference(rules);
        return "%s (%s)\n  server: %s\n  proxy:  %s"
                .formatted(script.name(), grouping, at(straight, at), at(proxied, at));
    }

    private static String at(List<Exchange> exchanges, int index) {
        return index < exchanges.size() ? exchanges.get(index).toString() : "(nothing more)";
    }
}
