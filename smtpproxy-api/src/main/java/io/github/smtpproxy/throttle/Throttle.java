package io.github.smtpproxy.throttle;

import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Decides how fast a client may go on: one question before each step, three answers. Serves all sessions at once and
 * must be thread-safe. A throttle that throws or returns null is logged and counts as {@link Pace#go()}.
 */
@FunctionalInterface
public interface Throttle {

    /** How to go on. */
    Pace before(Step step);

    /**
     * What was let go has ended: called once for each {@link Step.Connect} when the session ends, and once for each
     * {@link Step.Mail} when its transaction ends, also where the destination refused it.
     */
    default void ended(Step step) {}

    /** This for all sessions but those of which the predicate is true: for those it is not asked. */
    default Throttle unless(Predicate<Session> exempt) {
        Objects.requireNonNull(exempt, "exempt");
        return new Unless(this, exempt);
    }
}
