package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.Login;
import io.github.smtpproxy.internal.host.ForeignCode;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Continuation;
import io.github.smtpproxy.internal.relay.RelaySession;
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

/** One login at the proxy, by the endpoint's authenticator. No secret of it reaches the destination. */
final class LocalAuth {

    private static final Logger log = LoggerFactory.getLogger(LocalAuth.class);

    private static final Reply SUCCESS = Reply.of(235, "2.7.0 Authentication successful");
    private static final OwnReply CANCELLED = OwnReply.refusal(501, "5.7.0", "Authentication cancelled");

    private final RelaySession session;
    private final Authenticator authenticator;
    private final String mechanism;
    private Optional<String> user = Optional.empty();

    /** @param mechanism its name, for the log */
    LocalAuth(RelaySession session, Authenticator authenticator, String mechanism) {
        this.session = session;
        this.authenticator = authenticator;
        this.mechanism = mechanism;
    }

    /** The line of EHLO; empty where the authenticator fails. */
    static Optional<String> offer(RelaySession session, Authenticator authenticator) {
        return new LocalAuth(session, authenticator, "")
                .ask("mechanisms", () -> ServerExchanges.offered(authenticator))
                .map(names -> "AUTH " + String.join(" ", names));
    }

    private <T> Optional<T> ask(String step, Supplier<T> call) {
        return new ForeignCode(session.relay().network()).ask(session.state().id(), step, authenticator, call);
    }

    Reply start(String argument) {
        String[] words = argument.split(" +", 2);
        Optional<Optional<ServerExchange>> opened =
                ask("mechanisms", () -> ServerExchanges.open(words[0], authenticator.forSession(session.state())));
        if (opened.isEmpty()) {
            return end(Answer.Kind.TEMPORARY.reply());
        }
        if (opened.get().isEmpty()) {
            return end(AuthCommand.UNSUPPORTED);
        }
        ServerExchange exchange = opened.get().get();
        if (words.length == 1) {
            return answer(exchange, respond(() -> exchange.start(Optional.empty())));
        }
        Optional<byte[]> initial = words[1].equals("=") ? Optional.of(new byte[0]) : decoded(words[1]);
        return initial.isEmpty()
                ? end(AuthCommand.MALFORMED)
                : answer(exchange, respond(() -> exchange.start(initial)));
    }

    private Reply answer(ServerExchange exchange, Answer answer) {
        if (answer instanceof Answer.Challenge challenge) {
            Reply first = Reply.of(334, Base64.getEncoder().encodeToString(challenge.octets()));
            return Continuation.of(first, () -> readResponse(exchange));
        }
        user = exchange.claimedUser();
        if (answer instanceof Answer.Success success) {
            return end(accept(success));
        }
        return answer instanceof Answer.Refusal refusal
                ? refuse(refusal.login())
                : end(refuse((Answer.Failure) answer));
    }

    private Reply refuse(Login.Refused login) {
        session.logins().refuse(login.delay(), login.last());
        return end(Reply.copyOf(login.reply()));
    }

    private Reply readResponse(ServerExchange exchange) throws IOException {
        CommandLine line;
        try {
            line = session.readLine(session.relay().timeouts().clientCommand(), RelaySession.MAX_AUTH_LINE);
        } catch (DeadlineExceededException e) {
            return end(session.lineTimedOut());
        }
        Optional<byte[]> response = decoded(line.text());
        Optional<Reply> broken = broken(line, response.isPresent());
        user = exchange.claimedUser();
        if (broken.isPresent()) {
            return end(exchange.isRefused() ? Answer.Kind.INVALID.reply() : broken.get());
        }
        return answer(exchange, respond(() -> exchange.respond(response.orElseThrow())));
    }

    /** Why a line is no response. */
    private static Optional<Reply> broken(CommandLine line, boolean isBase64) {
        if (line.flaw() == CommandLine.Flaw.TOO_LONG) {
            return Optional.of(Replies.AUTH_TOO_LONG);
        }
        if (line.text().equals("*")) {
            return Optional.of(CANCELLED);
        }
        return isBase64 && line.flaw() == CommandLine.Flaw.NONE ? Optional.empty() : Optional.of(AuthCommand.MALFORMED);
    }

    private Answer respond(Supplier<Answer> call) {
        return ask("AUTH", call).orElse(new Answer.Failure(Answer.Kind.TEMPORARY, Optional.empty()));
    }

    /** A destination to which a client without a name was announced gets to know it on a new connection. */
    private Reply accept(Answer.Success success) {
        session.state().authenticated(Optional.of(success.user()));
        Optional<Reply> refused = session.downstream().outdated().flatMap(session::open);
        refused.ifPresent(r -> session.state().loggedOut());
        return refused.orElse(SUCCESS);
    }

    private Reply refuse(Answer.Failure failure) {
        failure.cause()
                .ifPresent(c ->
                        log.error("{}: cannot authenticate", session.state().id(), c));
        return failure.kind().reply();
    }

    private Reply end(Reply reply) {
        return session.logins().end(reply, mechanism, user);
    }

    /** Strictly: the JDK accepts base64 without padding (RFC 4954 §4). */
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
