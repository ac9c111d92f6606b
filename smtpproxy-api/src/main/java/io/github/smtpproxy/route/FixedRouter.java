package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/** One route for all sessions, or for some. */
record FixedRouter(Route route, Predicate<Session> which) implements Router {

    FixedRouter {
        Objects.requireNonNull(which, "which");
    }

    private Route of(Session session) {
        return which.test(session) ? route : Route.undecided();
    }

    @Override
    public Route connect(Session session) {
        return of(session);
    }

    @Override
    public Route mail(Session session, MailFrom mail) {
        return of(session);
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        return of(session);
    }

    @Override
    public boolean neverWaits() {
        return true;
    }

    @Override
    public Set<Target> reach() {
        return route instanceof Route.To to ? Set.of(to.target()) : Set.of();
    }
}
