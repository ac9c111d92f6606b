package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.time.Duration;
import javax.net.ssl.SSLContext;

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

    static void ports(SmtpProxyBuilder builder, SSLContext certificate) {
        // snippet: ports
        builder.listen(Endpoint.port(25).named("inbound").offerStartTls(certificate))
                .listen(Endpoint.port(587).named("submission").requireStartTls(certificate))
                .listen(Endpoint.port(465).named("submissions").implicitTls(certificate));
        // end
    }

    static void status(SmtpProxy proxy) {
        // snippet: status
        System.out.println(proxy.activeSessions() + " sessions at " + proxy.addresses());
        proxy.destinations().forEach(System.out::println); // such as mail.test:25 connections=3 reachable=true
        // end
    }

    static void stop(SmtpProxy proxy) {
        // snippet: stop
        proxy.drain(Duration.ofSeconds(10)); // lets running transactions end, then closes
        // end
    }
}
