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

    private static final Duration HEADER = Duration.ofSeconds(10);
    private static final String OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";
    private static final Reply IN_TRANSACTION = Reply.refusal(503, "5.5.1", "Mail transaction in progress");

    private final Conversation conversation;
    private final InetAddress peer;
    private Optional<String> helloName = Optional.empty();

    Trusted(Conversation conversation) {
        this.conversation = conversation;
        this.peer = conversation.session.remoteAddress().getAddress();
    }

    /** Reads the header that this peer sends first, if it is one that does. */
    void header() throws IOException {
        if (!isIn(conversation.relay.endpoint().proxyProtocolFrom())) {
            return;
        }
        if (conversation.client.readProxyHeader(HEADER) instanceof ProxyHeader.Proxied proxied) {
            conversation.session.addresses(proxied.source(), proxied.destination());
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
        return helloName.map(name -> new Hello(said.extended(), name)).orElse(said);
    }

    interface Greeting {
        Reply say() throws IOException;
    }

    private void believe(ClientAttributes client) {
        conversation.end(Result.ABORTED, Optional.empty());
        conversation.leg.close();
        SessionState session = conversation.session;
        session.addresses(
                address(session.remoteAddress(), client.address(), client.port()),
                address(session.localAddress(), client.localAddress(), client.localPort()));
        session.forget();
        helloName = client.hello().or(() -> helloName);
        client.login().ifPresent(user -> session.authenticated(Optional.of(user)));
    }

    private static InetSocketAddress address(
            InetSocketAddress known, Optional<InetAddress> address, Optional<Integer> port) {
        return new InetSocketAddress(
                address.orElse(known.getAddress()), port.orElse(address.isPresent() ? 0 : known.getPort()));
    }

    private boolean isIn(List<AddressRange> ranges) {
        return ranges.stream().anyMatch(r -> r.contains(peer));
    }
}
