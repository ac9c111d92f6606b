package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Set;

record FixedRouter(Target target) implements Router {

    FixedRouter {
        Objects.requireNonNull(target, "target");
    }

    @Override
    public Route connect(Session session) {
        return Route.to(target);
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        return Route.to(target);
    }

    @Override
    public Set<Target> reach() {
        return Set.of(target);
    }
}
