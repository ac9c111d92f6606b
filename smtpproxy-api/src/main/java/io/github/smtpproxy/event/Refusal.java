package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.util.Objects;
import java.util.Optional;

/**
 * One refusal that a client heard. Immutable.
 *
 * @param by who refused
 * @param name which of them: the destination as {@code host:port}, the simple name of the filter's, throttle's or router's
 *     class, the limit's setting; empty where {@code by} says it all
 * @param verb what was refused, in upper case: a command that the proxy knows, {@code CONNECT} before the first one, and
 *     {@code -} where it was no such command, or none at all
 * @param reply what the client heard, 4xx or 5xx; that of a destination may repeat what the client said, after AUTH too
 * @param transaction the transaction that it was part of; empty where there was none
 */
public record Refusal(By by, String name, String verb, Reply reply, Optional<Transaction> transaction) {

    /** Who can refuse. */
    public enum By {
        /** The destination, in its own words. */
        DESTINATION,
        /** A filter, or the proxy for one that failed. */
        FILTER,
        /** A throttle. */
        THROTTLE,
        /** The router, or the proxy for one that failed. */
        ROUTER,
        /** A limit of the endpoint or a timeout, named as its setting. */
        LIMIT,
        /** The proxy, in all other cases; where it has no session with the destination, {@code name} says which. */
        PROXY
    }

    /** Checks that all are there. */
    public Refusal {
        Objects.requireNonNull(by, "by");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(reply, "reply");
        Objects.requireNonNull(transaction, "transaction");
    }
}
