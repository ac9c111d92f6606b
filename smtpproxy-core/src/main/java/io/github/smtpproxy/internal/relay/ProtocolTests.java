package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.relay.Verb.Trait;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.CommandLine.Flaw;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Step;
import java.util.Optional;
import java.util.Set;

/** Whether a client keeps to the protocol as mail servers do: throttles decide what comes of it if it does not. */
final class ProtocolTests {

    /**
     * Commands of SMTP that have no place in the table, since they are relayed as any other (RFC 5321 §4.1.1, RFC 821
     * §3.4, RFC 1985, RFC 2645, RFC 4468), or are refused.
     */
    private static final Set<String> OTHERS =
            Set.of("VRFY", "EXPN", "SEND", "SOML", "SAML", "TURN", "ETRN", "ATRN", "BURL", "XCLIENT", "XFORWARD");

    private ProtocolTests() {}

    /** The refusal of a line by a throttle, if the line breaks a rule. */
    static Optional<Reply> refusal(Verb verb, CommandLine line, RelaySession session) {
        return session.pacing().isIdle()
                ? Optional.empty()
                : violation(verb, line, session).flatMap(kind -> judged(kind, session));
    }

    /** A line of another protocol, which ends the session. */
    static void foreign(RelaySession session) {
        if (!session.pacing().isIdle()) {
            judged(ProtocolViolation.NOT_SMTP, session);
        }
    }

    private static Optional<Reply> judged(ProtocolViolation kind, RelaySession session) {
        return session.pacing().before(new Step.Violation(session.state(), kind));
    }

    private static Optional<ProtocolViolation> violation(Verb verb, CommandLine line, RelaySession session) {
        boolean introduced = session.state().hello().isPresent();
        if (line.flaw() == Flaw.BARE_LINE_END) {
            return Optional.of(ProtocolViolation.BARE_LINE_END);
        }
        if (verb.name().isEmpty() && !isOfSmtp(line.verb(), session)) {
            return Optional.of(introduced ? ProtocolViolation.NOT_SMTP : ProtocolViolation.JUNK_BEFORE_HELLO);
        }
        return session.client().hasBuffered() && mustWait(verb, session)
                ? Optional.of(ProtocolViolation.PIPELINING)
                : Optional.empty();
    }

    /** An empty line is none of another protocol, and behind a refused login a line may be a secret of its exchange. */
    private static boolean isOfSmtp(String verb, RelaySession session) {
        return verb.isEmpty()
                || OTHERS.contains(verb)
                || session.state().offered().has(verb)
                || session.secretsMayFollow();
    }

    /** Whether the client must wait for the reply to this verb. Behind BDAT comes its chunk. */
    private static boolean mustWait(Verb verb, RelaySession session) {
        boolean offered = session.state().hello().filter(Hello::extended).isPresent()
                && session.state().offered().has("PIPELINING");
        return !verb.name().equals("BDAT") && (!offered || verb.is(Trait.ENDS_GROUP));
    }
}
