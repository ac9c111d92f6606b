package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A connection of a pool. Used by one thread at a time, which leases it. */
final class PooledConnection {

    private static final Pattern MAILMAX = Pattern.compile("(?i)\\bMAILMAX=([0-9]{1,6})\\b");

    private final PoolKey key;
    private final Downstream downstream;
    private final DestinationState state;
    private final Object carrier;
    private final long opened;
    private Optional<ClientAttributes> client;
    private Set<String> given;
    private int mailMax;
    private int mailsBefore;
    private boolean refused;
    private int transactions;
    private long idleSince;
    private boolean rested;

    /**
     * @param opener whoever it was opened for
     * @param carrier what carried the thread that opened it
     * @param given the attributes of its client that the server was given
     */
    PooledConnection(
            PoolKey opener,
            Downstream downstream,
            DestinationState state,
            Object carrier,
            Set<String> given,
            long now) {
        this.key = takesAnotherClient(downstream) && !state.isOneClients() ? opener.ofAnyClient() : opener;
        this.client = opener.client();
        this.given = given;
        this.mailMax = mailMax(downstream);
        this.downstream = downstream;
        this.state = state;
        this.carrier = carrier;
        this.opened = now;
    }

    /** Postfix does not offer XCLIENT again in the name of a client; others do. */
    private static boolean takesAnotherClient(Downstream downstream) {
        return downstream
                .extensions()
                .parameters("XCLIENT")
                .filter(attributes -> !attributes.isBlank())
                .isPresent();
    }

    /** RFC 9422 §4.1: 0 would allow none, and counts as no limit. */
    private static int mailMax(Downstream downstream) {
        int most = downstream
                .extensions()
                .parameters("LIMITS")
                .map(MAILMAX::matcher)
                .filter(Matcher::find)
                .map(found -> Integer.parseInt(found.group(1)))
                .orElse(0);
        return most == 0 ? Integer.MAX_VALUE : most;
    }

    PoolKey key() {
        return key;
    }

    Downstream downstream() {
        return downstream;
    }

    DestinationState state() {
        return state;
    }

    /** Whether threads of this carrier need no other one to wait on it. */
    boolean isCarriedBy(Object other) {
        return carrier == other;
    }

    /** Whether this client was named to the server, or none. */
    boolean names(Optional<ClientAttributes> who) {
        return client.equals(who);
    }

    /** The attributes of its client that the server was given: it may keep each until it gets another value. */
    Set<String> given() {
        return given;
    }

    /** Another client was named. */
    void named(Optional<ClientAttributes> who, Set<String> attributes) {
        client = who;
        given = attributes;
        mailMax = mailMax(downstream);
    }

    /** The server refused to take another client. */
    void refused(boolean forGood) {
        refused = forGood;
    }

    boolean isRefused() {
        return refused;
    }

    /** A transaction begins on it. */
    void used() {
        rested = false;
        transactions++;
        mailsBefore = downstream.mails();
    }

    void idle(long now) {
        idleSince = now;
    }

    /** Nobody waits for it. */
    void rest() {
        rested = true;
    }

    /** Whether nobody had it for a while; otherwise it was found fit just now. */
    boolean hasRested() {
        return rested;
    }

    long idleFor(long now) {
        return now - idleSince;
    }

    /** A transaction that begins again has two MAILs, and the next one may be such. */
    private boolean isMailMaxNear() {
        state.mails(downstream.mails() - mailsBefore);
        return downstream.mails() + state.mostMails() > mailMax;
    }

    /** Why it is not to be used again, as far as that needs no reply of the server. */
    Optional<Discard> end(Pool settings, long now) {
        if (downstream.isLost()) {
            return Optional.of(Discard.LOST);
        }
        if (!downstream.isQuiet()) {
            return Optional.of(Discard.UNASKED);
        }
        if (state.isDrained()) {
            return Optional.of(Discard.CLOSED);
        }
        if (transactions >= settings.transactions() || isMailMaxNear()) {
            return Optional.of(Discard.USED_UP);
        }
        if (!key.client().equals(client) && !takesAnotherClient(downstream)) {
            return Optional.of(Discard.ONE_CLIENT);
        }
        return now - opened >= settings.lifetime().toNanos() ? Optional.of(Discard.LIFETIME) : Optional.empty();
    }
}
