package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.routing.AuthHttp;
import io.github.smtpproxy.routing.MxRouter;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The code of the page on routing. */
final class Routing {

    private Routing() {}

    static Router firstMatch() {
        // snippet: first-match
        Router router = Router.firstMatch(
                Router.to(Destination.at("scan.internal", 25), Clients.in(List.of(AddressRange.parse("192.0.2.0/24")))),
                Router.to(
                        Destination.at("bulk.internal", 25),
                        session -> session.identity().equals(Optional.of("news"))),
                Router.byRecipientDomain()
                        .route("example.org", Destination.at("mail-a.internal", 25))
                        .otherwiseUndecided(),
                Router.to(Destination.at("mail-b.internal", 25)));
        // end
        return router;
    }

    static Router mx() {
        // snippet: mx
        Router router = MxRouter.by(Resolver.system())
                .ourselves("mail.example.org")
                .destination(d -> d.startTls(StartTls.OPPORTUNISTIC));
        // end
        return router;
    }

    static Router serverNames() {
        // snippet: server-name
        Router router = Router.firstMatch(
                Router.refuse(
                        Reply.reject("5.7.1", "TLS is required"),
                        session -> session.tls().isEmpty()),
                Router.to(
                        Destination.at("mail-a.internal", 25),
                        session -> session.tls().flatMap(Tls::serverName).equals(Optional.of("mx.example.org"))),
                Router.to(Destination.at("mail-b.internal", 25)));
        // end
        return router;
    }

    static SmtpProxyBuilder authHttp() {
        // snippet: auth-http
        AuthHttp script = AuthHttp.at("http://127.0.0.1:9000/auth").reach(Destination.at("mail.internal", 25));
        SmtpProxyBuilder proxy = SmtpProxy.builder()
                .listen(Endpoint.port(2525).authenticate(script).plaintextAuthentication(true))
                .router(script);
        // end
        return proxy;
    }

    static void multiplexing() {
        // snippet: multiplexing
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(2525)
                .router(Router.to(Destination.at("mail.internal", 25).announce(ClientAnnouncement.XFORWARD)))
                .multiplexing(Pool.max(20).idle(Duration.ofSeconds(60)).waiting(Duration.ofSeconds(30)))
                .start();
        // end
        proxy.close();
    }

    static Router byRecipient() {
        // snippet: route-by-domain
        Router router = Router.byRecipientDomain()
                .route("example.org", Destination.at("mail-a.internal", 25))
                .route("example.net", Destination.at("mail-b.internal", 25))
                .otherwise(Reply.reject("5.7.1", "Relaying denied"));
        // end
        return router;
    }

    static Router toGroup() {
        // snippet: group
        Router router = Router.to(DestinationGroup.of(Destination.at("mx1.internal", 25))
                .and(Destination.at("mx2.internal", 25), 3)
                .spare(Destination.at("mx3.internal", 25))
                .balancer(Balancer.leastBusy()));
        // end
        return router;
    }

    // snippet: route-by-login
    /** Mail of logged-in clients goes to the submission server, all other mail to the inbound server. */
    record ByLogin(Destination submission, Destination inbound) implements Router {

        @Override
        public Route mail(Session session, MailFrom mail) {
            return Route.to(session.authenticated() ? submission : inbound);
        }

        @Override
        public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
            return mail(session, mail);
        }

        @Override
        public Set<Target> reach() {
            return Set.of(submission, inbound);
        }
    }
    // end
}
