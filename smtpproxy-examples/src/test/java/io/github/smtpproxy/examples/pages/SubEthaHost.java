package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.subetha.LiveHandlers;
import org.subethamail.smtp.server.SMTPServer;

/** The code of the page on SubEtha servers. */
final class SubEthaHost {

    private SubEthaHost() {}

    static SMTPServer relaying() {
        // snippet: subetha
        LiveHandlers handlers = SmtpProxy.builder()
                .router(Router.to(Destination.at("mail.internal", 25)))
                .messageHandlerFactory();
        SMTPServer server = SMTPServer.port(2525)
                .insertReceivedHeaders(false)
                .messageHandlerFactory(handlers)
                .build();
        // end
        return server;
    }
}
