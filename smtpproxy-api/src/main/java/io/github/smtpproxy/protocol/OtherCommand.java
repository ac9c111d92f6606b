package io.github.smtpproxy.protocol;

import java.util.Objects;

/**
 * A command that the proxy relays as it is.
 *
 * @param verb its first word, in upper case
 * @param argument what follows, one char for each octet; empty where nothing does
 */
public record OtherCommand(String verb, String argument) {

    /** Checks that it fits in a command line. */
    public OtherCommand {
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(argument, "argument");
        if (!Octets.fitInLine(verb) || !Octets.fitInLine(argument)) {
            throw new IllegalArgumentException("command must not contain CR, LF or NUL");
        }
    }
}
