package io.github.smtpproxy.throttling;

import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.state.Keys;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** So many at once of each key: a session has one place, and gives it back under the key that it had. */
final class Places {

    /** Sessions have names that are unique in one JVM. */
    private static final String JVM = UUID.randomUUID() + "-";

    private final LimitKey key;
    private final String rule;
    private final int most;
    private final Function<Session, Limits> limits;
    private final Reply refusal;
    private final Map<String, String> held = new ConcurrentHashMap<>();

    Places(LimitKey key, String rule, int most, Function<Session, Limits> limits, Reply refusal) {
        this.key = key;
        this.rule = rule;
        this.most = most;
        this.limits = limits;
        this.refusal = refusal;
    }

    Places counting(Function<Session, Limits> where) {
        return new Places(key, rule, most, where, refusal);
    }

    Places refusing(Reply reply) {
        Pace.refuse(Objects.requireNonNull(reply, "refusal"));
        return new Places(key, rule, most, limits, Reply.copyOf(reply));
    }

    /** Whether a session that has no place when it begins may get one. */
    boolean mayBeEnteredLater() {
        return key.mayComeLater();
    }

    /** @param throttle its name, for listeners */
    Pace enter(Step step, String throttle) {
        Session session = step.session();
        Optional<String> whose = held.containsKey(session.id()) ? Optional.empty() : key.value(step);
        if (whose.isEmpty()) {
            return Pace.go();
        }
        String place = Keys.of(rule, whose.get());
        if (limits.apply(session).enter(place, JVM + session.id(), most)) {
            held.put(session.id(), place);
            return Pace.go();
        }
        return Pace.refuse(refusal)
                .because(Throttled.by(throttle).rule(rule, whose.get()).remaining(0, most));
    }

    void leave(Step step) {
        Session session = step.session();
        Optional.ofNullable(held.remove(session.id()))
                .ifPresent(place -> limits.apply(session).leave(place, JVM + session.id()));
    }

    @Override
    public String toString() {
        return rule;
    }
}
