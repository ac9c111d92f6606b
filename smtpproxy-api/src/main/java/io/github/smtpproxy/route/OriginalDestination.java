package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import java.net.InetSocketAddress;

/** Where a client wanted to go. */
final class OriginalDestination {

    private static final Route UNKNOWN = Route.refuse(Reply.defer("4.4.4", "Destination is not known"));

    private OriginalDestination() {}

    static Route of(Session session) {
        InetSocketAddress wanted = session.localAddress();
        return wanted.getPort() == 0 || wanted.getAddress().isAnyLocalAddress()
                ? UNKNOWN
                : Route.to(Destination.at(address(wanted), wanted.getPort()));
    }

    /** Without the zone of a link-local address (RFC 4007 §11), which stands in no address of a destination. */
    private static String address(InetSocketAddress wanted) {
        String text = wanted.getAddress().getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }
}
