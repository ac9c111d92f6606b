package io.github.smtpproxy.junit;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.Reply;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.assertj.core.api.AbstractAssert;

/**
 * AssertJ assertions about a conversation; one that fails shows both lanes. Needs {@code org.assertj:assertj-core}.
 *
 * <pre>{@code
 * assertThat(smtp.awaitConversation()).refused(450, "4.2.1").notDelivered();
 * assertThat(smtp.awaitConversation()).delivered().from("a@example.org").toRecipients("b@example.org");
 * }</pre>
 */
@SuppressWarnings("exports") // who asserts has AssertJ
public final class ConversationAssert extends AbstractAssert<ConversationAssert, Conversation> {

    private ConversationAssert(Conversation actual) {
        super(actual, ConversationAssert.class);
    }

    /** Begins an assertion. */
    public static ConversationAssert assertThat(Conversation conversation) {
        Objects.requireNonNull(conversation, "conversation");
        return new ConversationAssert(conversation);
    }

    /** The server has accepted the message, whether or not the client got the reply. */
    public ConversationAssert delivered() {
        return holds(actual.isDelivered(), "to be delivered");
    }

    /** The server has accepted no message. */
    public ConversationAssert notDelivered() {
        Optional<Outcome.Result> result = actual.outcome().map(Outcome::result);
        boolean unknown = result.filter(r -> r == Outcome.Result.UNKNOWN).isPresent();
        return holds(!actual.isDelivered() && !unknown, "not to be delivered");
    }

    /** The server has accepted exactly these recipients, in any order. */
    public ConversationAssert toRecipients(String... recipients) {
        Objects.requireNonNull(recipients, "recipients");
        List<String> expected = List.of(recipients).stream().sorted().toList();
        List<String> accepted = actual.recipients().stream().sorted().toList();
        return holds(accepted.equals(expected), "to have the recipients " + expected + ", not " + accepted);
    }

    /**
     * The server has accepted this sender.
     *
     * @param sender an address, or empty for the null sender
     */
    public ConversationAssert from(String sender) {
        Objects.requireNonNull(sender, "sender");
        return holds(
                actual.sender().equals(Optional.of(sender)),
                "to be from <" + sender + ">, not from "
                        + actual.sender().map(s -> "<" + s + ">").orElse("anybody"));
    }

    /** The client was refused something. */
    public ConversationAssert refused() {
        return holds(!actual.refusals().isEmpty(), "to be refused");
    }

    /** The client was refused something with this code. */
    public ConversationAssert refused(int code) {
        return holds(anyRefusal(reply -> reply.code() == code), "to be refused with " + code);
    }

    /**
     * The client was refused something with this code and enhanced status.
     *
     * @param status such as {@code 4.2.1}
     */
    public ConversationAssert refused(int code, String status) {
        Objects.requireNonNull(status, "status");
        boolean refused = anyRefusal(reply -> reply.code() == code
                && reply.status()
                        .map(EnhancedStatus::toString)
                        .filter(status::equals)
                        .isPresent());
        return holds(refused, "to be refused with " + code + " " + status);
    }

    /** The client was refused nothing. */
    public ConversationAssert notRefused() {
        return holds(actual.refusals().isEmpty(), "not to be refused");
    }

    /** The client has sent this command in the session by then, such as {@code STARTTLS}. */
    public ConversationAssert sent(String verb) {
        return holds(actual.sent(verb), "to have " + verb);
    }

    /** The client has not sent this command. */
    public ConversationAssert neverSent(String verb) {
        return holds(!actual.sent(verb), "not to have " + verb);
    }

    private boolean anyRefusal(Predicate<Reply> which) {
        return actual.refusals().stream().map(Refusal::reply).anyMatch(which);
    }

    private ConversationAssert holds(boolean holds, String expected) {
        if (!holds) {
            failWithMessage("Expected the conversation %s, but it was %s%n%s", expected, actual, actual.record());
        }
        return this;
    }
}
