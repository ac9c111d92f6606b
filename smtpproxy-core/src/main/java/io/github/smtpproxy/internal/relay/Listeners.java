package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.session.Session;
import java.util.List;
import java.util.function.Consumer;

/**
 * Those who watch. What they throw goes no further.
 *
 * @param network keeps one that takes its time from holding up others
 */
public record Listeners(List<ProxyListener> all, Network network) {

    public Listeners {
        all = List.copyOf(all);
    }

    /** @param event its name, for the log */
    void tell(Session session, String event, Consumer<ProxyListener> how) {
        for (ProxyListener listener : all) {
            new ForeignCode(network).tell(session.id(), event, listener, () -> how.accept(listener));
        }
    }
}
