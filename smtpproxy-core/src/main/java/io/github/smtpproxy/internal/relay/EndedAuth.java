package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.sasl.Answer;
import io.github.smtpproxy.internal.sasl.ServerExchange;
import io.github.smtpproxy.internal.sasl.ServerExchanges;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** AUTH ended at the proxy: the endpoint knows its users, and the destination hears nothing of their secrets. */
final class EndedAuth {

    private static final Logger log = LoggerFactory.getLogger(EndedAuth.class);

    private static final Reply SUCCESS = Reply.of(235, "2.7.0 Authentication successful");
    private static final OwnReply CANCELLED = OwnReply.refusal(501, "5.7.0", "Authentication cancelled");

    private final Conversation conversation;
    private final Authenticator authenticator;
    private Optional<String> claimed = Optional.empty();

    EndedAuth(Conversation conversation, Authenticator authenticator) {
        this.conversation = conversation;
        this.authenticator = authenticator;
    }

    /** Empty where the authenticator cannot say. */
    Optional<String> offer() {
        return ask("mechanisms", () -> ServerExchanges.offered(authenticator))
                .map(names -> "AUTH " + String.join(" ", names));
    }

    private <T> Optional<T> ask(String step, Supplier<T> call) {
        return new ForeignCode(conversation.relay.network()).ask(conversation.session.id(), step, authenticator, call);
    }

    /** Who the client said that it is when it tried to log in last, as far as it came to that. */
    Optional<String> claimedUser() {
        return claimed;
    }

    /** @return what the client is to hear at the end of the exchange */
    Reply auth(String argument) throws IOException {
        claimed = Optional.empty();
        String[] words = argument.split(" +", 2);
        Optional<Optional<ServerExchange>> opened =
                ask("mechanisms", () -> ServerExchanges.open(words[0], authenticator));
        if (opened.isEmpty()) {
            return Answer.Kind.TEMPORARY.reply();
        }
        Optional<ServerExchange> exchange = opened.get();
        if (exchange.isEmpty()) {
            return Authentication.UNSUPPORTED;
        }
        if (words.length == 1) {
            return answer(exchange.get(), start(exchange.get(), Optional.empty()));
        }
        Optional<byte[]> initial = words[1].equals("=") ? Optional.of(new byte[0]) : decoded(words[1]);
        return initial.isEmpty() ? RelayedAuth.MALFORMED : answer(exchange.get(), start(exchange.get(), initial));
    }

    private Reply answer(ServerExchange exchange, Answer first) throws IOException {
        Answer answer = first;
        while (answer instanceof Answer.Challenge challenge) {
            conversation.say(Reply.of(334, Base64.getEncoder().encodeToString(challenge.octets())));
            CommandLine line;
            try {
                line = conversation.nextLine(conversation.relay.timeouts().clientCommand(), RelaySession.AUTH_MAX);
            } catch (DeadlineExceededException e) {
                return conversation.late();
            }
            Optional<byte[]> response = decoded(line.text());
            Optional<Reply> broken = broken(line, response.isPresent());
            claimed = exchange.claimedUser();
            if (broken.isPresent()) {
                return exchange.isRefused() ? Answer.Kind.INVALID.reply() : broken.get();
            }
            byte[] octets = response.orElseThrow();
            answer = respond(() -> exchange.respond(octets));
        }
        claimed = exchange.claimedUser();
        return answer instanceof Answer.Success success ? accept(success) : refuse((Answer.Failure) answer);
    }

    /** Why a line is no response. */
    private static Optional<Reply> broken(CommandLine line, boolean isBase64) {
        if (line.flaw() == CommandLine.Flaw.TOO_LONG) {
            return Optional.of(RelayedAuth.TOO_LONG);
        }
        if (line.text().equals("*")) {
            return Optional.of(CANCELLED);
        }
        return isBase64 && line.flaw() == CommandLine.Flaw.NONE ? Optional.empty() : Optional.of(RelayedAuth.MALFORMED);
    }

    private Answer start(ServerExchange exchange, Optional<byte[]> initial) {
        return respond(() -> exchange.start(initial));
    }

    private Answer respond(Supplier<Answer> call) {
        return ask("AUTH", call).orElse(new Answer.Failure(Answer.Kind.TEMPORARY, Optional.empty()));
    }

    private Reply accept(Answer.Success success) {
        conversation.session.authenticated(Optional.of(success.user()));
        Optional<Reply> refused = conversation.leg.outdated().flatMap(conversation::ensure);
        refused.ifPresent(r -> conversation.session.loggedOut());
        return refused.orElse(SUCCESS);
    }

    private Reply refuse(Answer.Failure failure) {
        failure.cause().ifPresent(c -> log.error("{}: cannot authenticate", conversation.session.id(), c));
        return failure.kind().reply();
    }

    /** Strictly: the JDK would do without the padding (RFC 4954 §4). */
    private static Optional<byte[]> decoded(String base64) {
        if (base64.length() % 4 != 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
