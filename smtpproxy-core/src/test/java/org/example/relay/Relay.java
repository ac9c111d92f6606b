package org.example.relay;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.io.OutputStream;

/** A program of somebody else: it relays until its input ends. */
public final class Relay {

    private Relay() {}

    public static void main(String[] destinationPort) throws Exception {
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0))
                .router(Router.to(Destination.at("127.0.0.1", Integer.parseInt(destinationPort[0]))))
                .filter(LimitSize.to(1_000_000))
                .start()) {
            System.out.println("port " + proxy.address().getPort());
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
