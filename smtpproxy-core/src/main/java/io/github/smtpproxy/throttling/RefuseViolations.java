package io.github.smtpproxy.throttling;

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
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * Refuses clients that do not keep to the protocol as mail servers do: from then on each recipient gets {@code 550 5.5.1}. They
 * are tested in their session, which goes on, so no good client has to come again; one that has sent a message without a violation is
 * not tested again for 30 days. Immutable: each setting makes another throttle.
 */
public final class RefuseViolations implements Throttle {

    /** The first violation of a session: an attribute of it. */
    public static final Key<ProtocolViolation> FOUND = Key.of("violation of the protocol", ProtocolViolation.class);

    private static final Duration REMEMBERED = Duration.ofDays(30);
    private static final Reply REFUSAL = Reply.refusal(550, "5.5.1", "Protocol error");
    private static final Reply AT_ONCE = Reply.refusal(421, "4.7.0", "Protocol error");

    /** Whether a session sent a message that its client's pass is to be remembered for. */
    private final Key<Boolean> sent = Key.of("sent a message, as mail servers do", Boolean.class);

    private final Set<ProtocolViolation> kinds;
    private final boolean atOnce;
    private final Passes passes;

    private RefuseViolations(Set<ProtocolViolation> kinds, boolean atOnce, Passes passes) {
        this.kinds = kinds;
        this.atOnce = atOnce;
        this.passes = passes;
    }

    /**
     * All kinds but {@link ProtocolViolation#EARLY_TALK}, which {@link DelayGreeting} finds. Who has passed is remembered
     * where the proxy shares its state ({@link SharedState}), else in memory.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static RefuseViolations all() {
        return new RefuseViolations(
                EnumSet.complementOf(EnumSet.of(ProtocolViolation.EARLY_TALK)),
                false,
                Passes.of("protocol", REMEMBERED));
    }

    /**
     * These kinds.
     *
     * @throws IllegalStateException if the library of {@link MemoryStore} is missing
     */
    public static RefuseViolations of(ProtocolViolation first, ProtocolViolation... others) {
        Objects.requireNonNull(first, "first");
        Objects.requireNonNull(others, "others");
        for (ProtocolViolation other : others) {
            Objects.requireNonNull(other, "other");
        }
        return new RefuseViolations(EnumSet.of(first, others), false, Passes.of("protocol", REMEMBERED));
    }

    /** This, which ends the session with {@code 421 4.7.0} at the violation. */
    public RefuseViolations atOnce() {
        return new RefuseViolations(kinds, true, passes);
    }

    /** This, remembering who has passed here and nowhere else: several proxies can share it. */
    public RefuseViolations in(Store store) {
        Objects.requireNonNull(store, "store");
        return new RefuseViolations(kinds, atOnce, passes.in(store));
    }

    @Override
    public Pace before(Step step) {
        if (step instanceof Step.Violation violation) {
            return kinds.contains(violation.kind()) && !passes.has(step.session())
                    ? found(step.session(), violation.kind())
                    : Pace.go();
        }
        if (step instanceof Step.Data && step.session().attribute(sent).isEmpty()) {
            step.session().attribute(sent, true);
        }
        return step instanceof Step.Rcpt ? recipient(step.session()) : Pace.go();
    }

    private Pace found(Session session, ProtocolViolation kind) {
        if (session.attribute(FOUND).isEmpty()) {
            session.attribute(FOUND, kind);
        }
        return atOnce ? Pace.refuse(AT_ONCE).because(reason(session, kind)) : Pace.go();
    }

    private static Pace recipient(Session session) {
        return session.attribute(FOUND)
                .map(kind -> Pace.refuse(REFUSAL).because(reason(session, kind)))
                .orElse(Pace.go());
    }

    private static Throttled reason(Session session, ProtocolViolation kind) {
        return Throttled.by("RefuseViolations")
                .rule(kind.name(), session.remoteAddress().getAddress().getHostAddress());
    }

    @Override
    public void ended(Step step) {
        Session session = step.session();
        boolean hasSent = session.attribute(sent).filter(Boolean::booleanValue).isPresent();
        if (step instanceof Step.Mail && hasSent && session.attribute(FOUND).isEmpty()) {
            session.attribute(sent, false);
            passes.add(session);
        }
    }
}
