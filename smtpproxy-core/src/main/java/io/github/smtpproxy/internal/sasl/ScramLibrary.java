package io.github.smtpproxy.internal.sasl;

import java.util.List;
import java.util.Set;

/**
 * The optional library that has SCRAM and SASLprep (RFC 4013). Only classes of this package use it, and only those that are
 * asked for after {@link #isPresent}.
 */
final class ScramLibrary {

    static final String ARTIFACT = "com.ongres.scram:scram-client";

    /** Mechanisms whose server needs the library; that of PLAIN and LOGIN for SASLprep (RFC 4616 §2). */
    private static final Set<String> SERVERS = Set.of("PLAIN", "LOGIN", "SCRAM-SHA-256");

    private static final boolean PRESENT = isThere("com.ongres.scram.client.ScramClient");

    private ScramLibrary() {}

    static boolean isPresent() {
        return PRESENT;
    }

    /**
     * Checks that these mechanisms can be offered to clients.
     *
     * @throws IllegalStateException if they need the library, and it is missing
     */
    static void checkServers(List<String> mechanisms) {
        List<String> needing = mechanisms.stream().filter(SERVERS::contains).toList();
        if (!PRESENT && !needing.isEmpty()) {
            throw new IllegalStateException("an authenticator that offers " + String.join(", ", needing) + " needs "
                    + ARTIFACT + " on the class path: add it as a dependency");
        }
    }

    private static boolean isThere(String type) {
        try {
            Class.forName(type, false, ScramLibrary.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException missing) {
            return false;
        }
    }
}
