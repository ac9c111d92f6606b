package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.ClientTls;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.EmptyConnectionException;
import io.github.smtpproxy.internal.wire.TlsLayer;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;

/** TLS with the client: from the first octet, or by STARTTLS, which is ours whatever the destination offers (RFC 3207). */
final class StartTls {

    /** What may be said before TLS where it is required (RFC 3207 §4). */
    private static final Set<String> BEFORE = Set.of("EHLO", "HELO", "NOOP", "RSET", "STARTTLS", "QUIT");

    private static final Reply GO_ON = Reply.of(220, "2.0.0 Ready to start TLS");
    private static final OwnReply NEEDED = OwnReply.refusal(530, "5.7.0", "Must issue a STARTTLS command first");
    private static final OwnReply TWICE = OwnReply.refusal(503, "5.5.1", "TLS is active already");

    private final Conversation conversation;
    private final Optional<ClientTls> tls;

    StartTls(Conversation conversation) {
        this.conversation = conversation;
        this.tls = conversation.relay.endpoint().tls();
    }

    /** The line of EHLO, as long as it can be used. */
    Optional<String> offer() {
        return isOffered() ? Optional.of("STARTTLS") : Optional.empty();
    }

    private boolean isOffered() {
        return tls.filter(t -> !t.isImplicit()).isPresent()
                && conversation.session.tls().isEmpty();
    }

    /** What a client hears that says this in plaintext where TLS is required. */
    Optional<Reply> refused(String verb) {
        boolean tooEarly = tls.filter(ClientTls::isRequired).isPresent() && isOffered() && !BEFORE.contains(verb);
        return tooEarly ? Optional.of(NEEDED) : Optional.empty();
    }

    /** TLS before anything is said, where the endpoint speaks nothing else. */
    void first() throws IOException {
        if (tls.filter(ClientTls::isImplicit).isPresent()) {
            encrypt(true);
        }
    }

    /** STARTTLS. */
    void begin(String argument) throws IOException {
        if (!argument.isEmpty()) {
            conversation.owe(Replies.SYNTAX);
        } else if (!isOffered()) {
            conversation.owe(conversation.session.tls().isPresent() ? TWICE : Replies.NOT_IMPLEMENTED);
        } else {
            forgetAtDestination();
            conversation.say(GO_ON);
            encrypt(false);
        }
    }

    /** Whatever was said in plaintext may have been said by anybody. */
    private void forgetAtDestination() {
        if (conversation.transaction().isPresent() || conversation.session.authenticated()) {
            conversation.leg.close();
        }
        conversation.leg.forgetClient();
        conversation.end(Result.ABORTED, Optional.empty());
    }

    private void encrypt(boolean fromTheFirstOctet) throws IOException {
        ClientTls with = tls.orElseThrow();
        TlsLayer layer = TlsLayer.accepting(with.context(), with.clientCertificates());
        Timeouts timeouts = conversation.relay.timeouts();
        Duration limit = Collections.min(List.of(timeouts.tlsHandshake(), timeouts.clientCommand()));
        try {
            conversation.session.encrypted(conversation.departure.awaitClient(() -> {
                if (fromTheFirstOctet) {
                    conversation.client.awaitFirstOctet(limit);
                }
                return conversation.client.secure(layer, fromTheFirstOctet, limit);
            }));
        } catch (EmptyConnectionException e) {
            throw e;
        } catch (IOException e) {
            throw (IOException) new SSLHandshakeException(e.getMessage()).initCause(e);
        }
    }
}
