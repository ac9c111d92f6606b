package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import java.util.Objects;
import java.util.Optional;

/**
 * What becomes of messages that a hook wants neither accepted nor rejected. Immutable.
 *
 * @param discarded those to be discarded
 * @param quarantine where those for quarantine go; empty for where they would have gone
 */
record HookFate(OnDiscard discarded, Optional<Target> quarantine) {

    private static final String QUARANTINE = "X-Quarantine";

    static HookFate usual() {
        return new HookFate(OnDiscard.refuse(), Optional.empty());
    }

    HookFate discard(OnDiscard then) {
        return new HookFate(Objects.requireNonNull(then, "onDiscard"), quarantine);
    }

    HookFate quarantine(Target target) {
        return new HookFate(discarded, Optional.of(Objects.requireNonNull(target, "quarantineTo")));
    }

    /** What the client gets in place of going on. */
    Optional<Reply> refusal(HookAnswer answer, String id) {
        if (answer.action() == HookAction.REJECT) {
            return Optional.of(answer.words().refusal(id));
        }
        boolean lost =
                answer.action() == HookAction.DISCARD && discarded.target().isEmpty();
        return lost
                ? Optional.of(Reply.refusal(550, "5.7.1", HookAnswer.Words.TEXT + " (" + id + ")"))
                : Optional.empty();
    }

    /** The message as it goes on. One that is discarded already does not go to quarantine. */
    Message carriedOut(HookAction action, Message message) {
        if (action == HookAction.DISCARD) {
            return discarded.target().map(message::routedTo).orElse(message);
        }
        if (action != HookAction.QUARANTINE) {
            return message;
        }
        Message marked =
                message.withHeaders(message.headers().without(QUARANTINE).prepend(QUARANTINE, "hook"));
        boolean isDiscarded = marked.target().isPresent() && marked.target().equals(discarded.target());
        return isDiscarded ? marked : quarantine.map(marked::routedTo).orElse(marked);
    }
}
