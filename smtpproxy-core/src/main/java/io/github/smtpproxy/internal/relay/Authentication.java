package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.sasl.Mechanisms;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** AUTH (RFC 4954): relayed to the destination, or ended here where the endpoint knows its users. */
final class Authentication {

    /** What may be said before a login where one is needed. */
    private static final Set<String> BEFORE =
            Set.of("EHLO", "HELO", "NOOP", "RSET", "STARTTLS", "AUTH", "HELP", "QUIT", "XCLIENT", "XFORWARD");

    private static final OwnReply NEEDED = OwnReply.refusal(530, "5.7.0", "Authentication required");
    private static final OwnReply ENCRYPT_FIRST =
            OwnReply.refusal(538, "5.7.11", "Encryption required for requested authentication mechanism");
    static final OwnReply UNSUPPORTED = OwnReply.refusal(504, "5.5.4", "Authentication mechanism not supported");

    private final Conversation conversation;
    private final RelayedAuth relayed;
    private final FailedLogins failed;
    private final Optional<EndedAuth> ended;

    Authentication(Conversation conversation) {
        this.conversation = conversation;
        this.relayed = new RelayedAuth(conversation);
        this.failed = new FailedLogins(conversation);
        this.ended = conversation.relay.endpoint().authenticator().map(a -> new EndedAuth(conversation, a));
    }

    /** The line of EHLO that is ours. */
    Optional<String> offer() {
        return isOpen() ? ended.flatMap(EndedAuth::offer) : Optional.empty();
    }

    /** A destination's line of EHLO as the client hears it. */
    Optional<String> offer(String line) {
        return isRelayed()
                ? Mechanisms.filteredLine(line, m -> Mechanisms.relayable(m, isEncrypted()) && maySay(m))
                : Optional.empty();
    }

    /** What a client hears that says this before it has logged in where it must. */
    Optional<Reply> refused(String verb) {
        boolean tooEarly = ended.isPresent() && !conversation.session.authenticated() && !BEFORE.contains(verb);
        return tooEarly ? Optional.of(NEEDED) : Optional.empty();
    }

    void auth(String line, String argument) throws IOException {
        if (ended.isPresent()) {
            failed.answer(end(argument), mechanism(argument), ended.get().claimedUser());
        } else if (isRelayed()) {
            relay(line, argument);
        } else {
            conversation.owe(Replies.NOT_IMPLEMENTED);
        }
    }

    private Reply end(String argument) throws IOException {
        if (conversation.session.authenticated() || conversation.transaction().isPresent()) {
            return RelayedAuth.OUT_OF_ORDER;
        }
        if (argument.isEmpty()) {
            return Replies.SYNTAX;
        }
        return isOpen() ? ended.get().auth(argument) : ENCRYPT_FIRST;
    }

    private void relay(String line, String argument) throws IOException {
        Optional<Reply> lost = conversation.ensure(conversation.home().get());
        if (lost.isPresent()) {
            conversation.owe(lost.get());
        } else if (!Mechanisms.relayable(mechanism(argument), isEncrypted())) {
            conversation.owe(UNSUPPORTED);
        } else if (!maySay(mechanism(argument))) {
            conversation.owe(ENCRYPT_FIRST);
        } else {
            failed.answer(relayed.auth(line), offered(mechanism(argument)), Optional.empty());
        }
    }

    /** Its name, for the log: what stands in its place and is none may be a secret. */
    private String offered(String mechanism) {
        List<String> offers = conversation.leg.get().extensions().lines();
        return Mechanisms.offered(offers, mechanism) ? mechanism : "-";
    }

    /** Up to the first character that no name of a mechanism has: a lax server may end it at any kind of space. */
    private static String mechanism(String argument) {
        return argument.split("[^A-Za-z0-9_-]", 2)[0];
    }

    /** Whether the client logs in at the destination: it must be known already, and not be one that we log in at. */
    private boolean isRelayed() {
        return ended.isEmpty()
                && conversation.home().filter(h -> h.credentials().isEmpty()).isPresent();
    }

    /** Whether secrets may be said on this connection (RFC 4954 §4). */
    private boolean isOpen() {
        return conversation.session.tls().isPresent()
                || conversation.relay.endpoint().plaintextAuthentication();
    }

    /**
     * Whether the client may use this mechanism on its connection. What a destination offers only since ours to it is TLS is
     * not for a connection that all can read (RFC 4954 §4).
     */
    private boolean maySay(String mechanism) {
        return isOpen()
                || conversation
                        .leg
                        .open()
                        .filter(d -> d.isEncrypted()
                                && !Mechanisms.offered(d.offeredInPlaintext().lines(), mechanism))
                        .isEmpty();
    }

    private boolean isEncrypted() {
        boolean there = conversation.leg.open().filter(Downstream::isEncrypted).isPresent();
        return there || conversation.session.tls().isPresent();
    }
}
