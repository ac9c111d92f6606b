package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.route.Router;

/** The code of the page on transparent mode. */
final class InTheWay {

    private InTheWay() {}

    static SmtpProxy start() {
        // snippet: transparent
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.port(2525).unseen(Unseen.passStartTls()))
                .transparent(Transparent.tproxy())
                .router(Router.originalDestination())
                .filter(RefuseListed.by("zen.example.org").build())
                .start();
        // end
        return proxy;
    }
}
