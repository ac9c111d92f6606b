package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Set;

record FixedRouter(Destination destination) implements Router {

    FixedRouter {
        Objects.requireNonNull(destination, "destination");
    }

    @Override
    public Route connect(Session session) {
        return Route.to(destination);
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        return Route.to(destination);
    }

    @Override
    public Set<Destination> reach() {
        return Set.of(destination);
    }
}
