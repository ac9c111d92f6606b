package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.time.Duration;

/** The code of the README, of the first page and of "Getting started". */
final class GettingStarted {

    private GettingStarted() {}

    static SmtpProxy start() {
        // snippet: start
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(2525)
                .router(Router.to(Destination.at("mail.example.org", 25)))
                .start();
        // end
        return proxy;
    }

    static void stop(SmtpProxy proxy) {
        // snippet: stop
        proxy.drain(Duration.ofSeconds(10)); // lets running transactions end, then closes
        // end
    }
}
