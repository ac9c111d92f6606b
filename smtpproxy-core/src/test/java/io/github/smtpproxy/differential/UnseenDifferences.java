package io.github.smtpproxy.differential;

import java.util.List;
import java.util.Set;

/** What may differ where the client takes the proxy for the server: less than where it knows of a proxy. */
final class UnseenDifferences {

    /** Nothing of this is left: STARTTLS and ETRN are the server's, and messages get no Received field. */
    private static final Set<String> GONE =
            Set.of("octets in replies to BDAT", "STARTTLS", "ETRN", "HELP of Exim", "the reply to STARTTLS");

    private UnseenDifferences() {}

    static List<Rule> rules() {
        return AllowedDifferences.rules().stream()
                .filter(rule -> !GONE.contains(rule.name()))
                .toList();
    }
}
