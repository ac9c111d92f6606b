package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import java.util.List;
import java.util.Optional;
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
    private final int mailMax;
    private Optional<ClientAttributes> client;
    private int transactions;
    private long idleSince;
    private boolean rested;

    /**
     * @param opener whoever it was opened for
     * @param carrier what carried the thread that opened it
     */
    PooledConnection(PoolKey opener, Downstream downstream, DestinationState state, Object carrier, long now) {
        this.key = takesAnotherClient(downstream) ? opener.ofAnyClient() : opener;
        this.client = opener.client();
        this.downstream = downstream;
        this.state = state;
        this.carrier = carrier;
        this.opened = now;
        this.mailMax = mailMax(downstream);
    }

    /** Postfix does not offer XCLIENT again in the name of a client; others do. */
    private static boolean takesAnotherClient(Downstream downstream) {
        return downstream.extensions().has("XCLIENT");
    }

    /** RFC 9422 §4.1: 0 would allow none, and counts as no limit. */
    private static int mailMax(Downstream downstream) {
        List<String> limits =
                downstream.extensions().parameters("LIMITS").stream().toList();
        Matcher mailMax = MAILMAX.matcher(String.join(" ", limits));
        int most = mailMax.find() ? Integer.parseInt(mailMax.group(1)) : 0;
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

    /** Another client was named. */
    void named(Optional<ClientAttributes> who) {
        client = who;
    }

    /** A transaction begins on it. */
    void used() {
        rested = false;
        transactions++;
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
        if (transactions >= settings.transactions() || downstream.mails() >= mailMax) {
            return Optional.of(Discard.USED_UP);
        }
        if (!key.client().equals(client) && !takesAnotherClient(downstream)) {
            return Optional.of(Discard.ONE_CLIENT);
        }
        return now - opened >= settings.lifetime().toNanos() ? Optional.of(Discard.LIFETIME) : Optional.empty();
    }
}
