package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.sasl.Mechanisms;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Target;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** AUTH (RFC 4954): relayed to the destination, or done at the proxy where the endpoint has an authenticator. */
final class AuthCommand implements Command {

    private static final OwnReply ENCRYPT_FIRST =
            OwnReply.refusal(538, "5.7.11", "Encryption required for requested authentication mechanism");
    static final OwnReply UNSUPPORTED = OwnReply.refusal(504, "5.5.4", "Authentication mechanism not supported");
    static final OwnReply MALFORMED = OwnReply.refusal(501, "5.5.2", "Malformed authentication response");
    static final OwnReply OUT_OF_ORDER = OwnReply.refusal(503, "5.5.1", "Authentication is not allowed now");

    /** The line of EHLO where the proxy has users. */
    static Optional<String> offer(RelaySession session) {
        return authenticator(session).filter(a -> isOpen(session)).flatMap(a -> LocalAuth.offer(session, a));
    }

    /** A destination's line of EHLO, as the client gets it. */
    static Optional<String> offer(String line, RelaySession session) {
        return isRelayed(session)
                ? Mechanisms.filteredLine(
                        line, m -> Mechanisms.relayable(m, isEncrypted(session)) && mayUse(m, session))
                : Optional.empty();
    }

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        if (authenticator(session).isEmpty() && !isRelayed(session)) {
            return Replies.NOT_IMPLEMENTED;
        }
        String mechanism = mechanism(line).toUpperCase(Locale.ROOT);
        return mechanism.isEmpty()
                ? start(line, session)
                : session.relay()
                        .filters()
                        .run(
                                Filters.Pass.of(Filter::auth, session.state(), Filters.Undo.NEVER),
                                new Auth(mechanism),
                                auth -> start(line, session));
    }

    private static Reply start(CommandLine line, RelaySession session) {
        session.logins().begin();
        return authenticator(session)
                .map(authenticator -> local(line, authenticator, session))
                .orElseGet(() -> relay(line, session));
    }

    private static Reply local(CommandLine line, Authenticator authenticator, RelaySession session) {
        if (session.state().authenticated() || session.transaction().isPresent()) {
            return OUT_OF_ORDER;
        }
        if (line.argument().isEmpty()) {
            return Replies.SYNTAX;
        }
        return isOpen(session)
                ? new LocalAuth(session, authenticator, mechanism(line)).start(line.argument())
                : ENCRYPT_FIRST;
    }

    private static Reply relay(CommandLine line, RelaySession session) {
        String mechanism = mechanism(line);
        if (session.state().home().isEmpty() && session.transaction().isPresent()) {
            return OUT_OF_ORDER;
        }
        // where it is refused anyway, no connection is opened for it
        Optional<Reply> early = session.state().home().isEmpty() ? refusal(mechanism, session) : Optional.empty();
        Optional<Reply> refused = early.or(session::openOwn).or(() -> refusal(mechanism, session));
        if (refused.isPresent()) {
            return refused.get();
        }
        List<String> offers = session.downstream().get().extensions().lines();
        // in place of a name that the destination does not offer there may be a secret
        String shown = Mechanisms.offered(offers, mechanism) ? mechanism : "-";
        return new RelayedAuth(session, shown).start(line.text());
    }

    private static Optional<Reply> refusal(String mechanism, RelaySession session) {
        if (!Mechanisms.relayable(mechanism, isEncrypted(session))) {
            return Optional.of(UNSUPPORTED);
        }
        return mayUse(mechanism, session) ? Optional.empty() : Optional.of(ENCRYPT_FIRST);
    }

    /** Up to the first character that no mechanism's name has: a lax server may end it at any kind of space. */
    private static String mechanism(CommandLine line) {
        return line.argument().split("[^A-Za-z0-9_-]", 2)[0];
    }

    private static Optional<Authenticator> authenticator(RelaySession session) {
        return session.relay().endpoint().authenticator();
    }

    /** Whether the client logs in at the destination: it must be known, and not be one at which the proxy logs in. */
    private static boolean isRelayed(RelaySession session) {
        List<Destination> known = known(session);
        return authenticator(session).isEmpty()
                && !known.isEmpty()
                && known.stream().allMatch(d -> d.credentials().isEmpty());
    }

    /** Where the session goes; with a pool, one of these. */
    private static List<Destination> known(RelaySession session) {
        return session.state()
                .home()
                .<Target>map(home -> home)
                .or(session.state()::target)
                .map(Target::destinations)
                .orElse(List.of());
    }

    /** Whether the client would log in over TLS that is not its own, on a connection that is opened for that. */
    private static boolean wouldBeEncrypted(RelaySession session) {
        return session.state().home().isEmpty() && known(session).stream().anyMatch(Destination::usesTls);
    }

    /** Whether secrets may be sent on the client's connection (RFC 4954 §4). */
    private static boolean isOpen(RelaySession session) {
        return session.state().tls().isPresent() || session.relay().endpoint().plaintextAuthentication();
    }

    /**
     * Whether the client may use this mechanism on its connection. What a destination offers only since the downstream
     * connection is encrypted is not for a client in plaintext (RFC 4954 §4).
     */
    private static boolean mayUse(String mechanism, RelaySession session) {
        return isOpen(session)
                || !wouldBeEncrypted(session)
                        && session.downstream()
                                .open()
                                .filter(d -> d.isEncrypted()
                                        && !Mechanisms.offered(
                                                d.offeredInPlaintext().lines(), mechanism))
                                .isEmpty();
    }

    private static boolean isEncrypted(RelaySession session) {
        boolean downstream =
                session.downstream().open().filter(Downstream::isEncrypted).isPresent();
        return downstream || wouldBeEncrypted(session) || session.state().tls().isPresent();
    }
}
