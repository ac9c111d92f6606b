package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a hook answered, in whatever dialect. Immutable. One that contradicts itself is none: who rejects with 250 may have
 * wanted either.
 *
 * @param words for the client, where the action refuses
 * @param changes of a message that goes on
 */
record HookAnswer(HookAction action, Words words, List<HookChange> changes) {

    private static final int MOST_CHANGES = 100;

    /** @throws IllegalArgumentException if the parts do not belong together, or are too many */
    HookAnswer {
        changes = List.copyOf(changes);
        if (changes.size() > MOST_CHANGES) {
            throw new IllegalArgumentException(
                    "modifications must be at most " + MOST_CHANGES + ", were " + changes.size());
        }
        boolean refusing = words.code().orElse(0) >= 400;
        if (action == HookAction.REJECT && words.code().isPresent() && !refusing
                || (action == HookAction.ACCEPT || action == HookAction.QUARANTINE) && refusing) {
            throw new IllegalArgumentException("status of " + action + " must be another, was "
                    + words.code().getAsInt());
        }
        if (action == HookAction.REJECT) {
            words.refusal("");
        }
    }

    /**
     * The reply that a hook wants the client to get.
     *
     * @param code empty for the usual one
     * @param status enhanced status (RFC 3463)
     * @param disconnect whether the session is to end
     */
    record Words(OptionalInt code, Optional<String> status, Optional<String> text, boolean disconnect) {

        static final String TEXT = "Message refused";

        /** RFC 5321 §4.2.1 knows no other digits. */
        private static final String CODE = "[2-5][0-5]\\d";

        /** @throws IllegalArgumentException if the code is none of a final reply */
        Words {
            if (code.isPresent() && (!Integer.toString(code.getAsInt()).matches(CODE) || code.getAsInt() / 100 == 3)) {
                throw new IllegalArgumentException("status must be a code of a reply, was " + code.getAsInt());
            }
        }

        /** @throws IllegalArgumentException if code and enhanced status do not belong together */
        Reply refusal(String id) {
            int refusing = code.orElseGet(() -> status.orElse("5").startsWith("4") ? 451 : 550);
            String reason = text.map(Printable::of).filter(t -> !t.isEmpty()).orElse(TEXT);
            return Reply.refusal(refusing, status.orElse(refusing / 100 + ".7.1"), reason + " (" + id + ")");
        }
    }

    /** Whether the session is to end with the refusal. */
    boolean disconnects() {
        return words.disconnect();
    }

    /** The message as the hook wants it; as it was, if it is to be discarded. */
    Message changed(Message message) {
        if (action == HookAction.DISCARD) {
            return message;
        }
        Message changed = message;
        for (HookChange change : changes) {
            changed = change.on(changed);
        }
        return changed;
    }
}
