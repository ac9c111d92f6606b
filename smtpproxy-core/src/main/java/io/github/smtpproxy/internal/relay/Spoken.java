package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.Refusals;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.Redaction;
import java.util.regex.Pattern;

/**
 * A command as faults get it: no secrets.
 *
 * @param verb in upper case
 * @param argument of a login, the mechanism only
 */
record Spoken(String verb, String argument) {

    private static final Pattern BEHIND_MECHANISM = Pattern.compile("[^A-Za-z0-9_-].*", Pattern.DOTALL);

    /** @param isSecret whether the line may be a part of a login */
    static Spoken of(CommandLine line, boolean isSecret) {
        if (isSecret) {
            return new Spoken(Refusals.NO_VERB, "");
        }
        return Redaction.isLogin(line.text())
                ? new Spoken("AUTH", BEHIND_MECHANISM.matcher(line.argument()).replaceFirst(""))
                : new Spoken(line.verb(), line.argument());
    }
}
