package io.github.smtpproxy.differential;

import java.util.List;

/**
 * A difference that is allowed, written as a rewriting of replies: two replies are alike if they are equal after it.
 *
 * @param kind where the difference comes from
 * @param name what differs, in a few words
 * @param reason why that is right
 * @param rewriting gives the lines to compare in place of those received
 */
record Rule(Kind kind, String name, String reason, Rewriting rewriting) {

    /** Where the difference comes from. */
    enum Kind {
        /** The server itself, from one session to the next: two sessions without a proxy differ in the same way. */
        MOMENT,
        /** Lines of the proxy's EHLO, the same in every session: masked everywhere, and not counted. */
        EHLO,
        /** The proxy. */
        PROXY
    }

    /** In place of the lines of both sides: what follows is not compared. */
    static final List<String> THE_REST = List.of("(the rest)");

    /** In place of the lines of both sides: the proxy answers in its own words, and as the server would. */
    static final List<String> OURS = List.of("(ours)");

    /** Lines in place of the lines received. */
    interface Rewriting {
        List<String> of(Exchange exchange, Exchange opposite, boolean proxied);
    }

    Exchange apply(Exchange exchange, Exchange opposite, boolean proxied) {
        return new Exchange(exchange.command(), rewriting.of(exchange, opposite, proxied));
    }
}
