package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;

/** What a router decided. */
public sealed interface Route {

    /** What most routes do at their end. */
    Runnable NOTHING = () -> {};

    /** To this target. */
    static Route to(Target target) {
        return new To(target, NOTHING);
    }

    /**
     * To this target, with a call at the end.
     *
     * @param ended called once when the session, for a route of {@link Router#connect}, or the transaction is over, by its
     *     thread; so a router can count those that it sent to a target
     */
    static Route to(Target target, Runnable ended) {
        return new To(target, ended);
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
     * @param ended called when what was sent there is over
     */
    record To(Target target, Runnable ended) implements Route {
        /** Refuses null. */
        public To {
            Objects.requireNonNull(target, "target");
            Objects.requireNonNull(ended, "ended");
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
