package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Continuation;
import io.github.smtpproxy.internal.relay.PassThrough;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** STARTTLS of a client that takes us for the destination: the destination replies, and TLS is its own or begun twice. */
final class RelayedStartTls {

    private static final Logger log = LoggerFactory.getLogger(RelayedStartTls.class);

    private RelayedStartTls() {}

    static Reply run(CommandLine line, RelaySession session) {
        Unseen unseen = session.tls().relayed().orElseThrow();
        Optional<Downstream> destination = session.destination();
        if (destination.isEmpty()) {
            return session.state().home().isEmpty()
                    ? Replies.NOT_IMPLEMENTED
                    : session.failures().reply(session.downstream().whyNotOpen());
        }
        return unseen.startTls() == Unseen.StartTls.PASSED
                ? pass(line, session, destination.get())
                : reoriginate(line, session, destination.get(), unseen);
    }

    /**
     * What has come behind STARTTLS by the time of the destination's 220 is no command of this session, whoever wrote it, and
     * none of what follows in TLS: it is discarded, as by any server (RFC 3207 §4.2). To send it along with STARTTLS would let
     * a destination that refuses STARTTLS take it for commands that no filter has seen. What has not been read from the socket
     * by then passes as all that follows, and is for the destination, which awaits TLS, to refuse.
     */
    private static Reply pass(CommandLine line, RelaySession session, Downstream destination) {
        Reply reply = session.failures().reply(destination.ask(line.text()));
        if (!isGoAhead(reply)) {
            return declined(reply, session);
        }
        session.transactions().end(Result.ABORTED, Optional.empty());
        session.client().consume(session.client().limit());
        return Continuation.maybe(reply, () -> {
            PassThrough.run(session, destination);
            return Optional.empty();
        });
    }

    /**
     * TLS with the destination begins behind the client's 220: the server name that the client asks for is in its first message,
     * and decides which certificate the destination shows.
     */
    private static Reply reoriginate(CommandLine line, RelaySession session, Downstream destination, Unseen unseen) {
        Reply reply = session.failures().reply(destination.ask(line.text()));
        if (!isGoAhead(reply)) {
            return declined(reply, session);
        }
        session.transactions().end(Result.ABORTED, Optional.empty());
        // as with a login: on another connection what the client sends would go out without TLS
        session.downstream().clientLoggedIn();
        session.client().consume(session.client().limit());
        return Continuation.maybe(reply, () -> {
            encrypt(session, destination, unseen);
            return Optional.empty();
        });
    }

    /** Both ends, or the session is over: the client awaits TLS and no reply. */
    private static void encrypt(RelaySession session, Downstream destination, Unseen unseen) throws IOException {
        Optional<byte[]> serverName = session.tls().awaitServerName();
        Optional<SSLContext> context =
                destination.encryptFor(serverName) ? context(unseen, destination) : Optional.empty();
        if (context.isPresent()) {
            session.tls().upgrade(context.get());
        } else {
            destination.close();
            session.close();
        }
    }

    /** What the client is shown; nothing where the destination's certificate does not allow it, or is too strange. */
    private static Optional<SSLContext> context(Unseen unseen, Downstream destination) {
        try {
            return Optional.of(unseen.context(destination.certificates()));
        } catch (IllegalStateException | IllegalArgumentException e) {
            log.warn(
                    "{}: TLS with a client cannot end here: {}",
                    destination.destination(),
                    LogText.escape(e.toString()));
            return Optional.empty();
        }
    }

    private static boolean isGoAhead(Reply reply) {
        return reply.code() == 220;
    }

    /** Another 2xx than 220 leaves open what comes next. */
    private static Reply declined(Reply reply, RelaySession session) {
        return reply.isPositive() ? session.unwanted(reply, Replies.NOT_IMPLEMENTED) : reply;
    }
}
