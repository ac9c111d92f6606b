package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Delays the greeting. A client that speaks in that time is no mail server, and is refused with {@code 554 5.5.1}; one that waits
 * is not delayed again for a day. Immutable: each setting makes another throttle.
 */
public final class DelayGreeting implements Throttle {

    /** Whether a client spoke before the greeting: an attribute of its session, where it is not refused for that. */
    public static final Key<Boolean> EARLY_TALKER = Key.of("spoke before the greeting", Boolean.class);

    private static final Key<Boolean> REMEMBERED_HERE = Key.of("waited for the greeting", Boolean.class);
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Duration REMEMBERED = Duration.ofDays(1);
    private static final Reply REFUSAL = Reply.refusal(554, "5.5.1", "Protocol error: client spoke first");

    private final Duration delay;
    private final Optional<String> teaser;
    private final boolean refuse;
    private final Passes passes;

    private DelayGreeting(Duration delay, Optional<String> teaser, boolean refuse, Passes passes) {
        this.delay = delay;
        this.teaser = teaser;
        this.refuse = refuse;
        this.passes = passes;
    }

    /**
     * Delays it by this time. Who has passed is remembered where the proxy shares its state ({@link SharedState}), else in memory.
     *
     * @param delay above zero and at most 1 minute; Postfix's postscreen_greet_wait is 6 seconds
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static DelayGreeting by(Duration delay) {
        TimeLimit.check("delay", delay, LONGEST);
        return new DelayGreeting(delay, Optional.empty(), true, Passes.of("greeting", REMEMBERED));
    }

    /**
     * This with a first line of the greeting that is sent before the delay, as {@code 220-} and the text: programs that do not
     * know replies of several lines speak then.
     *
     * @param text 1 to 400 printable characters of US-ASCII
     */
    public DelayGreeting teaser(String text) {
        Pace.go().teaser(Objects.requireNonNull(text, "teaser"));
        return new DelayGreeting(delay, Optional.of(text), refuse, passes);
    }

    /** This without a refusal: an early talker has the attribute {@link #EARLY_TALKER}, for filters and other throttles. */
    public DelayGreeting marking() {
        return new DelayGreeting(delay, teaser, false, passes);
    }

    /** This, remembering who has passed here and nowhere else: several proxies can share it. */
    public DelayGreeting in(Store store) {
        Objects.requireNonNull(store, "store");
        return new DelayGreeting(delay, teaser, refuse, passes.in(store));
    }

    @Override
    public Pace before(Step step) {
        if (step instanceof Step.Connect) {
            return connected(step.session());
        }
        if (step instanceof Step.Violation violation && violation.kind() == ProtocolViolation.EARLY_TALK) {
            return spoke(step.session());
        }
        if (step instanceof Step.Command) {
            waited(step.session());
        }
        return Pace.go();
    }

    private Pace connected(Session session) {
        if (passes.has(session)) {
            session.attribute(REMEMBERED_HERE, true);
            return Pace.go();
        }
        return delayed(session);
    }

    /** The first command shows it: the store is asked once in a session. */
    private void waited(Session session) {
        if (session.attribute(EARLY_TALKER).isEmpty()
                && session.attribute(REMEMBERED_HERE).isEmpty()) {
            session.attribute(REMEMBERED_HERE, true);
            passes.add(session);
        }
    }

    private Pace delayed(Session session) {
        Pace pace = Pace.after(delay).because(reason(session));
        return teaser.map(pace::teaser).orElse(pace);
    }

    private Pace spoke(Session session) {
        session.attribute(EARLY_TALKER, true);
        return refuse ? Pace.refuse(REFUSAL).because(reason(session)) : Pace.go();
    }

    private static Throttled reason(Session session) {
        return Throttled.by("DelayGreeting")
                .rule("greeting", session.remoteAddress().getAddress().getHostAddress());
    }
}
