package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.ProxyHeader;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.session.Session;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Who the client is, in the forms in which a destination can be told. */
public final class Announcement {

    private final Session session;

    public Announcement(Session session) {
        this.session = session;
    }

    /** What goes before everything else on a new connection; often nothing. */
    byte[] header(ClientAnnouncement how) {
        return header(how, session.remoteAddress(), session.localAddress());
    }

    /** The header where there is no client yet: the proxy speaks for itself. */
    static byte[] ownHeader(ClientAnnouncement how, Socket socket) {
        InetSocketAddress here = (InetSocketAddress) socket.getLocalSocketAddress();
        InetSocketAddress there = (InetSocketAddress) socket.getRemoteSocketAddress();
        return header(how, here, there);
    }

    private static byte[] header(ClientAnnouncement how, InetSocketAddress client, InetSocketAddress reached) {
        return switch (how) {
            case PROXY_V1 -> ProxyHeader.v1(client, reached);
            case PROXY_V2 -> ProxyHeader.v2(client, reached);
            case NONE, XCLIENT, XFORWARD -> new byte[0];
        };
    }

    List<String> xclient(Hello hello, Extensions offered) {
        return attributes(hello).xclient(listed("XCLIENT", offered));
    }

    List<String> xforward(String transaction, Extensions offered) {
        Hello hello = session.hello().orElse(new Hello(false, ""));
        return attributes(hello).xforward(transaction, listed("XFORWARD", offered));
    }

    private ClientAttributes attributes(Hello hello) {
        return new ClientAttributes(
                Optional.empty(),
                Optional.of(session.remoteAddress().getAddress()),
                Optional.of(session.remoteAddress().getPort()),
                Optional.of(hello.extended() ? "ESMTP" : "SMTP"),
                Optional.of(hello.name()),
                session.identity(),
                Optional.of(session.localAddress().getAddress()),
                Optional.of(session.localAddress().getPort()));
    }

    private static Set<String> listed(String keyword, Extensions offered) {
        return Set.copyOf(offered.parameters(keyword)
                .map(p -> List.of(p.toUpperCase(Locale.ROOT).split(" +")))
                .orElse(List.of()));
    }
}
