package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.Router;

/** The code of the page on the client's address. */
final class ClientAddress {

    private ClientAddress() {}

    static void between(SmtpProxyBuilder builder) {
        // snippet: client-address
        builder.listen(Endpoint.port(25).proxyProtocolFrom(AddressRange.parse("10.0.0.0/8")))
                .router(Router.to(Destination.at("mail.internal", 25)
                        .announce(ClientAnnouncement.XCLIENT)
                        .helloName(HelloName.own())));
        // end
    }
}
