package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import java.util.Optional;

/** A session that borrows connections of a pool. */
interface Borrower {

    /** Whose turn it is: its client. */
    Object client();

    Wire.Log log();

    /** How its client introduced itself. */
    Optional<Hello> hello();

    /** Who the client is, for the destination. */
    Optional<Announcement> announcement();

    /** Observes connections that are opened for it. */
    SessionDownstream.Listener listener();

    /** Whether it has ended: nothing is opened for it any more. */
    boolean isGone();

    /** It waits for a place now; it may cancel that. */
    void waits(ServerPool.Waiter waiter);

    /** It looks whether this connection is alive; it may close it. */
    void probes(Downstream idle);

    /** It opens a connection now, by this network; it may break that. */
    void connects(BreakableNetwork network);
}
