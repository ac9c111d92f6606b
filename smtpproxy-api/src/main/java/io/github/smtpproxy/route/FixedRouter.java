package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** One route for all that a session sends. */
record FixedRouter(Function<Session, Route> route, Set<Target> reach) implements Router {

    /** The same route for some sessions; the others are undecided. */
    static FixedRouter of(Route route, Predicate<Session> which) {
        Objects.requireNonNull(which, "which");
        Set<Target> reach = route instanceof Route.To to ? Set.of(to.target()) : Set.of();
        return new FixedRouter(session -> which.test(session) ? route : Route.undecided(), reach);
    }

    @Override
    public Route connect(Session session) {
        return route.apply(session);
    }

    @Override
    public Route mail(Session session, MailFrom mail) {
        return route.apply(session);
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        return route.apply(session);
    }

    @Override
    public boolean neverWaits() {
        return true;
    }
}
