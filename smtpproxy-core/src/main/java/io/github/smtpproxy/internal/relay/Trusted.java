package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ProxyHeader;
import io.github.smtpproxy.internal.wire.ReceivedAttributes;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What peers that the endpoint trusts, by their address, say about the client: the PROXY header, XCLIENT and XFORWARD. */
final class Trusted {

    private static final List<String> OFFERS = List.of(
            "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE",
            "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
    private static final OwnReply IN_TRANSACTION = OwnReply.refusal(503, "5.5.1", "Mail transaction in progress");

    private final Conversation conversation;
    private InetAddress peer;
    private ClientAttributes former = ClientAttributes.NONE;
    private Optional<ReceivedAttributes> said = Optional.empty();
    private Optional<ReceivedAttributes> forwarded = Optional.empty();
    private boolean introduced;

    Trusted(Conversation conversation) {
        this.conversation = conversation;
        this.peer = conversation.session.remoteAddress().getAddress();
    }

    /** Reads the header that this peer sends first, if it is one that does. */
    void header() throws IOException {
        if (!isIn(conversation.relay.endpoint().proxyProtocolFrom())) {
            return;
        }
        Duration timeout = conversation.relay.timeouts().proxyHeader();
        ProxyHeader header = conversation.departure.awaitClient(() -> conversation.client.readProxyHeader(timeout));
        if (header instanceof ProxyHeader.Proxied proxied) {
            conversation.session.connected(ClientAttributes.of(proxied.source(), proxied.destination()));
            // who speaks from here on is not the one that sent the header
            peer = proxied.source().getAddress();
        }
    }

    /** The lines of EHLO, for peers that may use them. */
    List<String> offers() {
        return isTrusted() ? OFFERS : List.of();
    }

    private boolean isTrusted() {
        return isIn(conversation.relay.endpoint().xclientFrom());
    }

    /**
     * XCLIENT: the session begins anew, as the client's.
     *
     * @param greeting what the client is greeted with, now that it is known
     */
    void xclient(String argument, Greeting greeting) throws IOException {
        Optional<ReceivedAttributes> more = believed(argument, ReceivedAttributes::ofXclient);
        if (more.isPresent()) {
            believe(more.get());
            conversation.say(greeting.say());
        }
    }

    /** XFORWARD: the next transaction is the client's. What does not fit into one command comes in several. */
    void xforward(String argument) {
        Optional<ReceivedAttributes> more = believed(argument, ReceivedAttributes::ofXforward);
        if (more.isPresent()) {
            SessionState session = conversation.session;
            ReceivedAttributes all = session.isForwarded() ? forwarded.get().merge(more.get()) : more.get();
            forwarded = Optional.of(all);
            session.forwarded(Optional.of(AnnouncedClient.forwarded(all, session.connected())));
            conversation.owe(Replies.OK);
        }
    }

    private Optional<ReceivedAttributes> believed(String argument, Function<String, ReceivedAttributes> parser) {
        if (!isTrusted()) {
            conversation.owe(Replies.NOT_IMPLEMENTED);
        } else if (conversation.transaction().isPresent()) {
            conversation.owe(IN_TRANSACTION);
        } else {
            try {
                return Optional.of(parser.apply(argument));
            } catch (IllegalArgumentException malformed) {
                conversation.owe(Replies.SYNTAX);
            }
        }
        return Optional.empty();
    }

    /** How the destination and the filters are to hear of a client that says this. */
    Hello as(Hello hello) {
        introduced = true;
        return said.flatMap(s -> s.get("HELO"))
                .map(name -> new Hello(hello.extended(), name))
                .orElse(hello);
    }

    interface Greeting {
        Reply say() throws IOException;
    }

    /**
     * What does not fit into one command comes in several, one after the other, up to EHLO. An address that follows another
     * is another client's, who has nothing of the former's but where the connection comes from.
     */
    private void believe(ReceivedAttributes more) {
        SessionState session = conversation.session;
        boolean same = !introduced
                && said.filter(s -> !(s.contains("ADDR") && more.contains("ADDR")))
                        .isPresent();
        if (!same) {
            former = session.connected();
        }
        ReceivedAttributes all = same ? said.get().merge(more) : more;
        said = Optional.of(all);
        introduced = false;
        conversation.beginAnew();
        ClientAttributes client = all.applyTo(former);
        session.connected(client);
        client.login().ifPresent(user -> session.authenticated(Optional.of(user)));
    }

    private boolean isIn(List<AddressRange> ranges) {
        return !ranges.isEmpty() && ranges.stream().anyMatch(r -> r.contains(peer));
    }
}
