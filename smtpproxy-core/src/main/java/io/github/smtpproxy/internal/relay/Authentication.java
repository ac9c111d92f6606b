package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.sasl.Mechanisms;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/** AUTH (RFC 4954): relayed to the destination, or ended here where the endpoint knows its users. */
final class Authentication {

    private static final Reply NOT_RELAYED = Reply.refusal(504, "5.5.4", "Authentication mechanism not supported");

    private final Conversation conversation;
    private final RelayedAuth relayed;

    Authentication(Conversation conversation) {
        this.conversation = conversation;
        this.relayed = new RelayedAuth(conversation);
    }

    /** Whether the client logs in at the destination: it must be known already, and not have heard our own login. */
    boolean isRelayed() {
        return conversation.home().filter(h -> h.credentials().isEmpty()).isPresent();
    }

    /** The line of EHLO that is ours. */
    Optional<String> offer() {
        return Optional.empty();
    }

    void auth(String line, String argument) throws IOException {
        conversation.settle();
        if (!isRelayed()) {
            conversation.owe(Replies.NOT_IMPLEMENTED);
            return;
        }
        Optional<Reply> lost = conversation.leg.ensure(conversation.home().get());
        if (lost.isPresent()) {
            conversation.owe(lost.get());
        } else if (Mechanisms.isRelayable(mechanism(argument), false)) {
            relayed.auth(line);
        } else {
            conversation.owe(NOT_RELAYED);
        }
    }

    private static String mechanism(String argument) {
        return argument.split(" ", 2)[0].toUpperCase(Locale.ROOT);
    }
}
