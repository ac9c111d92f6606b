package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ProxyHeader;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.route.ClientAnnouncement;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What announces the client to a destination: a PROXY header, XCLIENT or XFORWARD. */
final class Announcement {

    private final Supplier<AnnouncedClient> client;

    /** @param client who it is by now */
    Announcement(Supplier<AnnouncedClient> client) {
        this.client = client;
    }

    /** Who the client is by now. */
    ClientAttributes client() {
        return client.get().attributes();
    }

    /** The PROXY header, which is sent before anything else; empty without one. */
    byte[] header(ClientAnnouncement how) {
        return header(how, client().remote(), client().local());
    }

    /** The PROXY header of a connection that is for no client: it names the proxy. */
    static byte[] ownHeader(ClientAnnouncement how, Socket socket) {
        InetSocketAddress here = (InetSocketAddress) socket.getLocalSocketAddress();
        InetSocketAddress there = (InetSocketAddress) socket.getRemoteSocketAddress();
        return header(how, here, there);
    }

    private static byte[] header(ClientAnnouncement how, InetSocketAddress client, InetSocketAddress reached) {
        return switch (how) {
            // no UNKNOWN or LOCAL for an unknown client: they stand for the proxy, which the destination may trust
            case PROXY_V1 -> ProxyHeader.v1(client, reached);
            case PROXY_V2 -> ProxyHeader.v2(client, reached);
            case NONE, XCLIENT, XFORWARD -> new byte[0];
        };
    }

    static List<String> xclient(ClientAttributes client, Extensions offered) {
        return client.xclient(listed("XCLIENT", offered));
    }

    /** The attributes that these commands give a value. */
    static Set<String> given(List<String> commands) {
        return commands.stream()
                .flatMap(command -> Stream.of(command.split(" ")).skip(1))
                .filter(attribute -> !attribute.endsWith("=[UNAVAILABLE]"))
                .map(attribute -> attribute.substring(0, attribute.indexOf('=')))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** @param transaction its name in our log, used where a server before us gave it no name */
    List<String> xforward(String transaction, Extensions offered) {
        AnnouncedClient known = client.get();
        String ident = known.ident().orElse(transaction);
        String source = known.source().orElse("REMOTE");
        return known.attributes().xforward(ident, source, listed("XFORWARD", offered));
    }

    private static Set<String> listed(String keyword, Extensions offered) {
        return Set.copyOf(offered.parameters(keyword)
                .map(p -> List.of(p.toUpperCase(Locale.ROOT).split(" +")))
                .orElse(List.of()));
    }
}
