package io.github.smtpproxy.authentication;

import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Objects;

/** How a login ends. Immutable. */
public sealed interface Login {

    /**
     * The client is logged in.
     *
     * @param user under this name, which may be another than the client's own
     */
    static Login accepted(String user) {
        return new Accepted(user);
    }

    /** Not logged in: {@code 535 5.7.8 Authentication credentials invalid}. */
    static Refused refused() {
        return Refused.INVALID;
    }

    /**
     * Not logged in, in other words.
     *
     * @param reply 4xx or 5xx
     */
    static Refused refused(Reply reply) {
        return new Refused(reply, Duration.ZERO, false);
    }

    /**
     * The client is logged in.
     *
     * @param user its name
     */
    record Accepted(String user) implements Login {
        /** Refuses an empty name. */
        public Accepted {
            Objects.requireNonNull(user, "user");
            if (user.isEmpty()) {
                throw new IllegalArgumentException("user must not be empty");
            }
        }
    }

    /**
     * The client is not logged in.
     *
     * @param reply what it gets
     * @param delay before it gets the reply, where that is longer than the endpoint's {@code failedLoginDelay}; 60 s at most
     * @param last whether the session ends behind the reply
     */
    record Refused(Reply reply, Duration delay, boolean last) implements Login {

        private static final Duration LONGEST = Duration.ofSeconds(60);
        private static final Refused INVALID =
                refused(Reply.refusal(535, "5.7.8", "Authentication credentials invalid"));

        /** Checks that the reply refuses, and the delay. */
        public Refused {
            Objects.requireNonNull(reply, "reply");
            Objects.requireNonNull(delay, "delay");
            if (!reply.isRefusal()) {
                throw new IllegalArgumentException("reply of a refused login must be 4xx or 5xx, was " + reply);
            }
            if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("delay must be between 0 and 60 seconds, was " + delay);
            }
        }

        /** This, after a delay. */
        public Refused after(Duration wait) {
            return new Refused(reply, wait, last);
        }

        /** This, after which the session ends. */
        public Refused closing() {
            return new Refused(reply, delay, true);
        }
    }
}
