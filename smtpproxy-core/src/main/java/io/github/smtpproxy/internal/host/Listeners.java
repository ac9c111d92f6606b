package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.session.Session;
import java.util.List;
import java.util.function.Consumer;

/** The listeners of a proxy. What they throw is logged and dropped. */
public final class Listeners {

    /** Called many times in a session: an array needs no iterator. */
    private final ProxyListener[] all;

    private final ForeignCode guard;

    public Listeners(List<ProxyListener> all, Network network) {
        this.all = all.toArray(ProxyListener[]::new);
        this.guard = new ForeignCode(network);
    }

    /** Whether nobody listens: then nothing needs to be measured for them. */
    public boolean areNone() {
        return all.length == 0;
    }

    /** Reports what belongs to no session. */
    public void notifyAll(String event, Consumer<ProxyListener> call) {
        for (ProxyListener listener : all) {
            guard.run("-", event, listener, () -> call.accept(listener));
        }
    }

    /** @param event its name, for the log */
    public void notify(Session session, String event, Consumer<ProxyListener> call) {
        for (ProxyListener listener : all) {
            guard.run(session.id(), event, listener, () -> call.accept(listener));
        }
    }
}
