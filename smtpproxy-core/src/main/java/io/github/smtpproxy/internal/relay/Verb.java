package io.github.smtpproxy.internal.relay;

import java.util.Set;

/** A verb, its command, and what its place in a session may be. */
public record Verb(String name, Command command, Set<Trait> traits) {

    /** What holds for a verb. */
    public enum Trait {
        /** It may be executed before the replies to earlier commands are known (RFC 2920 §3.1). */
        RUNS_AHEAD,
        /** It may come before EHLO (RFC 5321 §4.1.4). */
        BEFORE_EHLO,
        /** It may come before STARTTLS where the endpoint requires TLS (RFC 3207 §4). */
        BEFORE_TLS,
        /** It may come before AUTH where the endpoint has users (RFC 4954 §6). */
        BEFORE_LOGIN,
        /** It is the last of a pipelined group (RFC 2920 §3.1): its reply is written at once. */
        ENDS_GROUP
    }

    /** A verb for which these hold, and no others. */
    public static Verb of(String name, Command command, Trait... traits) {
        return new Verb(name, command, Set.of(traits));
    }

    boolean is(Trait trait) {
        return traits.contains(trait);
    }
}
