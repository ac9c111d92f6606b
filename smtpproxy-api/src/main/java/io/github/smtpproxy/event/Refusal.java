package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.util.Objects;
import java.util.Optional;

/** One refusal that a client got. Immutable: each setting makes another refusal. */
public final class Refusal {

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
        PROXY,
        /** A fault that was made on purpose, see the builder's {@code faults}. */
        FAULT
    }

    private final By by;
    private final String name;
    private final String verb;
    private final Reply reply;
    private final Optional<Transaction> transaction;
    private final Optional<RcptTo> recipient;

    private Refusal(
            By by,
            String name,
            String verb,
            Reply reply,
            Optional<Transaction> transaction,
            Optional<RcptTo> recipient) {
        this.by = by;
        this.name = name;
        this.verb = verb;
        this.reply = reply;
        this.transaction = transaction;
        this.recipient = recipient;
    }

    /**
     * A refusal outside of a transaction.
     *
     * @param by who refused
     * @param name which of them, see {@link #name()}; empty where {@code by} says it all
     * @param verb what was refused, see {@link #verb()}
     * @param reply 4xx or 5xx
     */
    public static Refusal of(By by, String name, String verb, Reply reply) {
        Objects.requireNonNull(by, "by");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(reply, "reply");
        return new Refusal(by, name, verb, reply, Optional.empty(), Optional.empty());
    }

    /** Who refused. */
    public By by() {
        return by;
    }

    /**
     * Which of them: the destination as {@code host:port}, the simple name of the filter's, throttle's or router's class,
     * the limit's setting; empty where {@link #by()} says it all.
     */
    public String name() {
        return name;
    }

    /**
     * What was refused, in upper case: a command that the proxy knows, {@code CONNECT} before the first one, and {@code -}
     * where it was no such command, or none at all.
     */
    public String verb() {
        return verb;
    }

    /** What the client got, 4xx or 5xx; that of a destination may repeat what the client sent, after AUTH too. */
    public Reply reply() {
        return reply;
    }

    /** The transaction that it was part of; empty where there was none. */
    public Optional<Transaction> transaction() {
        return transaction;
    }

    /** This as part of a transaction. */
    public Refusal transaction(Transaction value) {
        Objects.requireNonNull(value, "transaction");
        return new Refusal(by, name, verb, reply, Optional.of(value), recipient);
    }

    /** The recipient that was refused; empty where it was none, or none that can be read. */
    public Optional<RcptTo> recipient() {
        return recipient;
    }

    /** This as the refusal of a recipient. */
    public Refusal recipient(RcptTo value) {
        Objects.requireNonNull(value, "recipient");
        return new Refusal(by, name, verb, reply, transaction, Optional.of(value));
    }

    /** All but the reply. */
    @Override
    public String toString() {
        return verb + " by " + by + (name.isEmpty() ? "" : " " + name);
    }
}
