package io.github.smtpproxy.internal.relay;

/** The verbs that a session looks its commands up in. Any thread. */
public interface CommandTable {

    /** The verb of this name, in upper case; where there is none, the one for all others. */
    Verb verb(String name);

    /** Whether a server that looks at four letters only, or past white space, could take the line for a verb of the table. */
    boolean resembles(String line);
}
