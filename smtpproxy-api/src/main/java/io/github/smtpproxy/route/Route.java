package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;

/** What a router decided. */
public sealed interface Route {

    /** To this destination. */
    static Route to(Destination destination) {
        return new To(destination);
    }

    /** Not known yet: ask again when more of the envelope is known. */
    static Route undecided() {
        return Undecided.INSTANCE;
    }

    /**
     * Nowhere.
     *
     * @param reply what the client hears, 4xx or 5xx
     */
    static Route refuse(Reply reply) {
        return new Refuse(reply);
    }

    /**
     * A route to a destination.
     *
     * @param destination where to
     */
    record To(Destination destination) implements Route {
        /** Checks that it is there. */
        public To {
            Objects.requireNonNull(destination, "destination");
        }
    }

    /**
     * A refusal.
     *
     * @param reply what the client hears
     */
    record Refuse(Reply reply) implements Route {
        /** Checks that the reply refuses. */
        public Refuse {
            Objects.requireNonNull(reply, "reply");
            if (!reply.isRefusal()) {
                throw new IllegalArgumentException("a router can refuse with 4xx or 5xx only, not with " + reply);
            }
        }
    }

    /** No decision yet. */
    enum Undecided implements Route {
        /** The only one. */
        INSTANCE
    }
}
