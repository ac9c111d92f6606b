package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.route.Destination;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends connections of a pool, each with a reason. Any thread. */
final class Discarding {

    private static final Logger log = LoggerFactory.getLogger(Discarding.class);

    private final BiConsumer<Destination, Discard> discarded;
    private volatile boolean atOnce;

    /** @param discarded gets what is discarded, and why */
    Discarding(BiConsumer<Destination, Discard> discarded) {
        this.discarded = discarded;
    }

    /** From now on without QUIT. */
    void atOnce() {
        atOnce = true;
    }

    /** Ends one that nobody used. */
    void idle(PooledConnection connection, Discard why) {
        connection.state().idle(-1);
        used(connection, why);
    }

    /** Ends one that was lent. */
    void used(PooledConnection connection, Discard why) {
        log.debug("{}: connection discarded: {}", connection.key().destination(), why);
        if (why == Discard.LOST || atOnce) {
            connection.downstream().close();
        } else {
            connection.downstream().leave();
        }
        discarded.accept(connection.key().destination(), why);
    }
}
