package io.github.smtpproxy.config;

import java.util.List;

/**
 * Makes faults on purpose, so that tests of a program see how it copes with them in front of a real server. Asked at each
 * {@link FaultPoint} of each session, on the session's thread; it serves all sessions at once and must be thread-safe. What
 * it throws is logged, and nothing goes wrong then.
 *
 * <p>Faults can refuse, delay, break and garble; none can accept what the destination has not accepted, and none lets a
 * destination keep what the client was refused.
 */
@FunctionalInterface
public interface Faults {

    /**
     * What goes wrong here, in this order.
     *
     * @return empty if nothing does
     */
    List<Fault> at(FaultPoint point);
}
