package io.github.smtpproxy.differential;

import java.util.regex.Pattern;

/** One thing that the client of a {@link Script} does. Texts are one char for one octet. */
sealed interface Step {

    /** Octets that may leave together with what stands before and behind them, and how many replies they are owed. */
    record Say(String octets, int replies) implements Step {

        /** What ends the label of octets with a CR or LF that stands alone. */
        static final String BARE = " (bare CR or LF)";

        private static final Pattern ALONE = Pattern.compile("(?<!\r)\n|\r(?!\n)");

        /** What was said, short enough for a report. */
        String label() {
            String line = octets.strip().split("[\r\n]", 2)[0];
            return line.substring(0, Math.min(line.length(), 120))
                    + (ALONE.matcher(octets).find() ? BARE : "");
        }
    }

    /** A message, which is sent only if the reply before it was 354. */
    record Body(String octets) implements Step {}

    /** All replies that are owed are awaited before anything else is said. */
    record Wait() implements Step {}

    /** STARTTLS, then the handshake if the reply is 220; in the same write as STARTTLS goes what is injected. */
    record StartTls(String injected) implements Step {}

    /** A whole SASL exchange with the responses that the challenges ask for. */
    record Auth(String mechanism, String user, String password) implements Step {}
}
