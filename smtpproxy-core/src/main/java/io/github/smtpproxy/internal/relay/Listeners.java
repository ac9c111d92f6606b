package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.internal.transport.Transport;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who watch. What they throw goes no further.
 *
 * @param transport keeps one that takes its time from holding up others
 */
public record Listeners(List<ProxyListener> all, Transport transport) {

    private static final Logger log = LoggerFactory.getLogger(Listeners.class);

    public Listeners {
        all = List.copyOf(all);
    }

    void tell(Consumer<ProxyListener> event) {
        for (ProxyListener listener : all) {
            try {
                transport.mayHold();
                event.accept(listener);
            } catch (RuntimeException | LinkageError e) {
                log.error("listener {} failed", listener.getClass().getName(), e);
            }
        }
    }
}
