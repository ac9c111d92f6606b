package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;

/** What a router decided. */
public sealed interface Route {

    /** To this target. */
    static Route to(Target target) {
        return new To(target);
    }

    /** Not known yet: ask again when more of the envelope is known. */
    static Route undecided() {
        return Undecided.INSTANCE;
    }

    /**
     * Nowhere.
     *
     * @param reply what the client gets, 4xx or 5xx
     */
    static Route refuse(Reply reply) {
        return new Refuse(reply);
    }

    /**
     * A route to a target.
     *
     * @param target where to
     */
    record To(Target target) implements Route {
        /** Refuses null. */
        public To {
            Objects.requireNonNull(target, "target");
        }
    }

    /**
     * A refusal.
     *
     * @param reply what the client gets
     */
    record Refuse(Reply reply) implements Route {
        /** Checks that the reply refuses. */
        public Refuse {
            Objects.requireNonNull(reply, "reply");
            if (!reply.isRefusal()) {
                throw new IllegalArgumentException("reply of a router must be 4xx or 5xx, was " + reply);
            }
        }
    }

    /** No decision yet. */
    enum Undecided implements Route {
        /** The only one. */
        INSTANCE
    }
}
