package io.github.smtpproxy.throttling;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttling.LimitKey.From;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whom an answer of a destination is about, and about whom a later step is. On the session's thread. */
interface Whose {

    /** Whom an answer is about. */
    Set<String> of(Session session, Refusal refusal);

    /** About whom a step is, if it is one that can be held. */
    Optional<String> of(Step step);

    /**
     * The destination, where it is known at MAIL.
     *
     * @param only all mail goes there
     */
    record TheDestination(Optional<Destination> only) implements Whose {

        /** The destination of all transactions of a session. */
        static final Key<String> HOME = Key.of("destination of a session", String.class);

        @Override
        public Set<String> of(Session session, Refusal refusal) {
            return refusal.name().isEmpty() ? Set.of() : Set.of(refusal.name());
        }

        @Override
        public Optional<String> of(Step step) {
            return step instanceof Step.Mail mail
                    ? only.map(Destination::toString).or(() -> mail.session().attribute(HOME))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return "destination";
        }
    }

    /** A key of limits: held at MAIL, or at RCPT if it is not known before. */
    record ByKey(LimitKey key) implements Whose {

        @Override
        public Set<String> of(Session session, Refusal refusal) {
            return isOfMessage(refusal) && !key.isKnownAt(From.MAIL)
                    ? ofRecipients(refusal)
                    : key.value(new Step.Refusal(session, refusal)).map(Set::of).orElseGet(Set::of);
        }

        private static boolean isOfMessage(Refusal refusal) {
            return refusal.recipient().isEmpty() && refusal.verb().matches("DATA|BDAT");
        }

        private Set<String> ofRecipients(Refusal refusal) {
            return refusal.transaction().stream()
                    .flatMap(t -> t.recipients().stream().map(rcpt -> new Step.Rcpt(t, rcpt)))
                    .flatMap(step -> key.value(step).stream())
                    .collect(Collectors.toSet());
        }

        @Override
        public Optional<String> of(Step step) {
            boolean atMail = key.isKnownAt(From.MAIL);
            boolean held = atMail ? step instanceof Step.Mail : step instanceof Step.Rcpt;
            return held ? key.value(step) : Optional.empty();
        }

        @Override
        public String toString() {
            return key.toString();
        }
    }
}
