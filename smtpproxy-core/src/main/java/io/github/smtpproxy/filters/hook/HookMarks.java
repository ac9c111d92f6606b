package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Optional;

/** What one hook answered earlier for a session or a transaction, and is still to be carried out. */
final class HookMarks {

    private final Key<HookAction> fate = Key.of("what a hook said before the message came", HookAction.class);
    private final Key<Boolean> closing = Key.of("a hook ends the session", Boolean.class);

    /** Keeps what is to become of the message, or of all messages of a session. */
    void add(Attributes whose, HookAction action) {
        whose.attribute(fate, severer(action, whose));
    }

    private HookAction severer(HookAction action, Attributes whose) {
        HookAction before = whose.attribute(fate).orElse(HookAction.ACCEPT);
        return before.compareTo(action) > 0 ? before : action;
    }

    /** The severest of what was kept. */
    HookAction of(Transaction transaction) {
        return severer(transaction.session().attribute(fate).orElse(HookAction.ACCEPT), transaction);
    }

    /** The session ends after a refusal, if the hook wants it to. */
    void close(Session session, HookAnswer answer) {
        if (answer.disconnects()) {
            session.attribute(closing, true);
        }
    }

    /** As {@link #close}, of a refused message, and from another thread than the session's. */
    Finding closing(Finding finding, HookAnswer answer) {
        return finding.refusal().isPresent() && answer.disconnects() ? finding.evidence(closing, true) : finding;
    }

    void ended(Transaction transaction) {
        transaction.attribute(closing).ifPresent(ends -> transaction.session().attribute(closing, ends));
    }

    /**
     * What each further command of a session gets that is to end. Behind the refusal, not with it: that has the hook's own
     * code, and only a 421 closes.
     */
    Optional<Reply> end(Session session) {
        return session.attribute(closing)
                .map(ends -> Reply.refusal(421, "4.7.0", "This session has ended (" + session.id() + ")"));
    }
}
