package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What a scanner found out about a message, and what is to become of it. Immutable. */
public final class Finding {

    private final Verdict verdict;
    private final Optional<Reply> refusal;
    private final UnaryOperator<Message> changes;
    private final Consumer<Attributes> evidence;

    private Finding(
            Verdict verdict, Optional<Reply> refusal, UnaryOperator<Message> changes, Consumer<Attributes> evidence) {
        this.verdict = verdict;
        this.refusal = refusal;
        this.changes = changes;
        this.evidence = evidence;
    }

    /** The message may go on. */
    public static Finding pass(Verdict verdict) {
        Objects.requireNonNull(verdict, "verdict");
        require(verdict, verdict.decision() == Decision.PASS);
        return new Finding(verdict, Optional.empty(), message -> message, attributes -> {});
    }

    /** The message is refused, or deferred, with this reply. */
    public static Finding refuse(Verdict verdict, Reply reply) {
        Objects.requireNonNull(verdict, "verdict");
        Objects.requireNonNull(reply, "reply");
        require(verdict, verdict.decision() == (reply.isPermanent() ? Decision.REFUSE : Decision.DEFER));
        if (!reply.isRefusal()) {
            throw new IllegalArgumentException("reply must be 4xx or 5xx, was " + reply);
        }
        return new Finding(verdict, Optional.of(reply), message -> message, attributes -> {});
    }

    private static void require(Verdict verdict, boolean fits) {
        if (!fits) {
            throw new IllegalArgumentException("verdict must be what becomes of the message, was " + verdict);
        }
    }

    /** This with changes, which are made if the message goes on. */
    public Finding changing(UnaryOperator<Message> further) {
        Objects.requireNonNull(further, "changes");
        return new Finding(verdict, refusal, message -> further.apply(changes.apply(message)), evidence);
    }

    /** This with what it rests on, which becomes an attribute of the transaction. */
    public <T> Finding evidence(Key<T> key, T value) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
        return new Finding(verdict, refusal, changes, evidence.andThen(attributes -> attributes.attribute(key, value)));
    }

    /** What is reported of it. */
    public Verdict verdict() {
        return verdict;
    }

    /** What the client gets, unless the message goes on. */
    public Optional<Reply> refusal() {
        return refusal;
    }

    /** The message as it goes on. */
    public Message changed(Message message) {
        Objects.requireNonNull(message, "message");
        return changes.apply(message);
    }

    void keepEvidence(Attributes attributes) {
        evidence.accept(attributes);
    }
}
