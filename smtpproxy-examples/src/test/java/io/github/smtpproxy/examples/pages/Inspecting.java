package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;

/** The code of the page on the page to look at. */
final class Inspecting {

    private Inspecting() {}

    static SmtpProxy start() {
        // snippet: inspect
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(2525)
                .router(Router.to(Destination.at("mail.example.org", 25)))
                .inspect(Inspect.at(8025))
                .start();
        // end
        return proxy;
    }
}
