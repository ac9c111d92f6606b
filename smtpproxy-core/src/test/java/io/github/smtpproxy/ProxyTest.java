package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A proxy between a scripted client and a scripted destination; after each test nothing is left. */
abstract class ProxyTest {

    static final Endpoint ENDPOINT =
            Endpoint.at("127.0.0.1", 0).hostname("proxy.test").received(false);

    private final NothingLeft ending = new NothingLeft();
    private final List<Dialogue> clients = new ArrayList<>();

    final ScriptedDestination destination = anotherDestination();

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
        return ending.start(builder);
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
        return ending.startDestination();
    }

    @AfterEach
    void nothing_is_left() {
        clients.forEach(Dialogue::close);
        ending.close();
    }
}
