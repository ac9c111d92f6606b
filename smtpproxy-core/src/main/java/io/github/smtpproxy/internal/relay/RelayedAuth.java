package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;

/** AUTH relayed live: each challenge is the destination's, each answer the client's, and nobody here reads either. */
final class RelayedAuth {

    static final OwnReply TOO_LONG =
            OwnReply.limit("line of an AUTH exchange", 500, "5.5.6", "Authentication exchange line is too long");
    static final OwnReply MALFORMED = OwnReply.refusal(501, "5.5.2", "Malformed authentication response");
    static final OwnReply OUT_OF_ORDER = OwnReply.refusal(503, "5.5.1", "Authentication is not allowed now");
    private static final String CANCEL = "*";

    private final Conversation conversation;

    RelayedAuth(Conversation conversation) {
        this.conversation = conversation;
    }

    /** @return what the client is to hear at the end of the exchange */
    Reply auth(String line) throws IOException {
        Downstream downstream = conversation.leg.get();
        // once only, and never within a transaction (RFC 4954 §4): the destination says so in its own words
        boolean allowed = !conversation.session.authenticated()
                && conversation.transaction().isEmpty();
        Reply reply = relay(downstream, line);
        while (reply.isIntermediate()) {
            reply = allowed ? challenge(downstream, reply) : cancel(downstream, OUT_OF_ORDER);
        }
        if (reply.isPositive()) {
            conversation.session.authenticated(Optional.empty());
            conversation.leg.clientLoggedIn();
        }
        return reply;
    }

    private Reply challenge(Downstream downstream, Reply challenge) throws IOException {
        conversation.say(challenge);
        try {
            CommandLine answer =
                    conversation.nextLine(conversation.relay.timeouts().clientCommand(), RelaySession.AUTH_MAX);
            return switch (answer.flaw()) {
                case NONE -> relay(downstream, answer.text());
                case TOO_LONG -> cancel(downstream, TOO_LONG);
                case NUL, BARE_LINE_END -> cancel(downstream, MALFORMED);
            };
        } catch (DeadlineExceededException e) {
            return cancel(downstream, conversation.late());
        }
    }

    private Reply relay(Downstream downstream, String line) {
        return conversation.failures.reply(downstream.authenticate(line));
    }

    /** The destination is told that the exchange is over, the client why. */
    private static Reply cancel(Downstream downstream, Reply why) {
        Answer answer = downstream.authenticate(CANCEL);
        if (!answer.isRefusal()) {
            downstream.close();
        }
        return why;
    }
}
