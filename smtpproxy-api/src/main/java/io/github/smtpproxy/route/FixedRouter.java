package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Set;
import java.util.function.Predicate;

/** Mail of all sessions, or of some, to one target. */
record FixedRouter(Target target, Predicate<Session> which) implements Router {

    private Route of(Session session) {
        return which.test(session) ? Route.to(target) : Route.undecided();
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
    public Set<Target> reach() {
        return Set.of(target);
    }
}
