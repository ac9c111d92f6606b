package io.github.smtpproxy;

import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.Discard;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.route.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

/** Proxies whose transactions lease connections of a pool. */
abstract class PoolTest extends ProxyTest {

    /** Why connections were discarded, in their order. */
    final List<Discard> discarded = new CopyOnWriteArrayList<>();

    private final List<SmtpProxy> proxies = new ArrayList<>();

    SmtpProxy pooled(Pool pool, SmtpProxyBuilder builder) {
        SmtpProxy proxy = started(builder.multiplexing(pool).listener(new ProxyListener() {
            @Override
            public void discarded(Destination where, Discard why) {
                discarded.add(why);
            }
        }));
        proxies.add(proxy);
        return proxy;
    }

    /** So that no idle connection is left. */
    @AfterEach
    void close() {
        proxies.forEach(SmtpProxy::close);
    }
}
