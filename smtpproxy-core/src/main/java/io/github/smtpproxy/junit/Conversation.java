package io.github.smtpproxy.junit;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Refusal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What a client has sent until the end of one transaction, from the end of the one before it or the beginning of its
 * session; or a session that ended without a transaction. Thread-safe.
 */
public final class Conversation {

    private final String session;
    private final Optional<String> sender;
    private final List<String> recipients;
    private final List<Refusal> refusals;
    private final Optional<Outcome> outcome;
    private final Set<String> verbs;
    private final Supplier<String> record;

    Conversation(Draft draft, Supplier<String> record) {
        this.session = draft.session;
        this.sender = draft.sender;
        this.recipients = List.copyOf(draft.recipients);
        this.refusals = List.copyOf(draft.refusals);
        this.verbs = Set.copyOf(draft.verbs);
        this.outcome = draft.outcome;
        this.record = record;
    }

    /** The id of its session. */
    public String session() {
        return session;
    }

    /** The sender that the server has accepted, an address or empty for the null sender; nothing where there was none. */
    public Optional<String> sender() {
        return sender;
    }

    /** The recipients that the server has accepted, in order. */
    public List<String> recipients() {
        return recipients;
    }

    /** What the client was refused, by a fault or by the server, in order. */
    public List<Refusal> refusals() {
        return refusals;
    }

    /** How the transaction ended; empty where there was none. */
    public Optional<Outcome> outcome() {
        return outcome;
    }

    /**
     * Whether the server has accepted a message; the client need not know it, see
     * {@link io.github.smtpproxy.chaos.OnMessage#loseReply}.
     */
    public boolean isDelivered() {
        return outcome.filter(o -> o.result() == Outcome.Result.DELIVERED).isPresent();
    }

    /**
     * Whether the client has sent this command in the session by then.
     *
     * @param verb such as {@code STARTTLS}, in upper case
     */
    public boolean sent(String verb) {
        Objects.requireNonNull(verb, "verb");
        return verbs.contains(verb);
    }

    /** Both lanes of its session, as far as it has come, without the message and without secrets. */
    public String record() {
        return record.get();
    }

    /** The outcome, and the refusals. */
    @Override
    public String toString() {
        return "session " + session + ": " + outcome.map(Outcome::toString).orElse("no transaction")
                + (refusals.isEmpty() ? "" : "; refused: " + refusals);
    }
}
