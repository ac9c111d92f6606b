package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A proxy between a scripted client and a scripted destination; after each test no connection is left. */
abstract class ProxyTest {

    static final Endpoint ENDPOINT =
            Endpoint.at("127.0.0.1", 0).hostname("proxy.test").received(false);

    final ScriptedDestination destination = ScriptedDestination.start();

    private final List<ScriptedDestination> destinations = new ArrayList<>(List.of(destination));
    private final List<SmtpProxy> proxies = new ArrayList<>();
    private final List<Dialogue> clients = new ArrayList<>();

    /** A builder for a proxy in front of the one destination. */
    SmtpProxyBuilder proxy() {
        return proxy(ENDPOINT);
    }

    SmtpProxyBuilder proxy(Endpoint endpoint) {
        return proxy(endpoint, Router.to(destination.destination()));
    }

    SmtpProxyBuilder proxy(Endpoint endpoint, Router router) {
        return SmtpProxy.builder().listen(endpoint).router(router);
    }

    SmtpProxy started(SmtpProxyBuilder builder) {
        SmtpProxy proxy = builder.start();
        proxies.add(proxy);
        return proxy;
    }

    Dialogue clientOf(SmtpProxyBuilder builder) {
        return clientOf(started(builder));
    }

    Dialogue clientOf(SmtpProxy proxy) {
        Dialogue client = Dialogue.with(proxy.address());
        clients.add(client);
        return client;
    }

    ScriptedDestination anotherDestination() {
        ScriptedDestination another = ScriptedDestination.start();
        destinations.add(another);
        return another;
    }

    @AfterEach
    void nothing_is_left() {
        try {
            clients.forEach(Dialogue::close);
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(destinations).allMatch(d -> d.openConnections() == 0));
        } finally {
            proxies.forEach(SmtpProxy::close);
            destinations.forEach(ScriptedDestination::close);
        }
    }
}
