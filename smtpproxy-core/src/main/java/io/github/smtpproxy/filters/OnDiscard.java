package io.github.smtpproxy.filters;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.route.Target;
import java.util.Objects;
import java.util.Optional;

/**
 * The fate of a message that a scanner or a policy server wants to be accepted and lost. Only a destination accepts: so it is
 * refused, or goes to a destination that keeps such messages. Immutable.
 */
public final class OnDiscard {

    private static final OnDiscard REFUSE = new OnDiscard(Optional.empty());

    private final Optional<Target> target;

    private OnDiscard(Optional<Target> target) {
        this.target = target;
    }

    /** The client gets a refusal. */
    public static OnDiscard refuse() {
        return REFUSE;
    }

    /** The message goes there, and the client gets the reply of that destination; see {@link Message#routedTo}. */
    public static OnDiscard routeTo(Target target) {
        Objects.requireNonNull(target, "target");
        return new OnDiscard(Optional.of(target));
    }

    /** Where the message goes; empty if it is refused. */
    public Optional<Target> target() {
        return target;
    }
}
