package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.AddressRange;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ProxyHeader;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What peers that the endpoint trusts, by their address, say about the client: the PROXY header and XCLIENT. */
final class Trusted {

    private static final String OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";
    private static final Reply IN_TRANSACTION = Reply.refusal(503, "5.5.1", "Mail transaction in progress");

    private final Conversation conversation;
    private InetAddress peer;
    private ClientAttributes known = ClientAttributes.NONE;
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
        if (conversation.client.readProxyHeader(timeout) instanceof ProxyHeader.Proxied proxied) {
            conversation.session.addresses(proxied.source(), proxied.destination());
            // who speaks from here on is not the one that sent the header
            peer = proxied.source().getAddress();
        }
    }

    /** The line of EHLO, for peers that may use it. */
    Optional<String> offer() {
        return isIn(conversation.relay.endpoint().xclientFrom()) ? Optional.of(OFFER) : Optional.empty();
    }

    /**
     * XCLIENT: the session begins anew, as the client's.
     *
     * @param greeting what the client is greeted with, now that it is known
     */
    void xclient(String argument, Greeting greeting) throws IOException {
        conversation.settle();
        if (offer().isEmpty()) {
            conversation.owe(Replies.NOT_IMPLEMENTED);
        } else if (conversation.transaction().isPresent()) {
            conversation.owe(IN_TRANSACTION);
        } else {
            try {
                believe(ClientAttributes.parse(argument));
                conversation.say(greeting.say());
            } catch (IllegalArgumentException malformed) {
                conversation.owe(Replies.SYNTAX);
            }
        }
    }

    /** How the destination and the filters are to hear of a client that says this. */
    Hello as(Hello said) {
        introduced = true;
        return known.hello().map(name -> new Hello(said.extended(), name)).orElse(said);
    }

    interface Greeting {
        Reply say() throws IOException;
    }

    /** What does not fit into one command comes in several, one after the other. */
    private void believe(ClientAttributes said) {
        ClientAttributes client = introduced ? said : said.over(known);
        known = client;
        introduced = false;
        conversation.end(Result.ABORTED, Optional.empty());
        conversation.leg.close();
        SessionState session = conversation.session;
        session.addresses(
                address(session.remoteAddress(), client.address(), client.port()),
                address(session.localAddress(), client.localAddress(), client.localPort()));
        session.forget();
        client.login().ifPresent(user -> session.authenticated(Optional.of(user)));
    }

    private static InetSocketAddress address(
            InetSocketAddress known, Optional<InetAddress> address, Optional<Integer> port) {
        return new InetSocketAddress(
                address.orElse(known.getAddress()), port.orElse(address.isPresent() ? 0 : known.getPort()));
    }

    private boolean isIn(List<AddressRange> ranges) {
        return !ranges.isEmpty() && ranges.stream().anyMatch(r -> r.contains(peer));
    }
}
