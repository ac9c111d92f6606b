package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The first router that decides. */
record FirstMatch(List<Router> routers) implements Router {

    /** Those behind one that is undecided must not overtake it: it may decide when more is known. */
    @Override
    public Route connect(Session session) {
        return routers.get(0).connect(session);
    }

    @Override
    public Route mail(Session session, MailFrom mail) {
        return routers.get(0).mail(session, mail);
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        for (Router router : routers) {
            Route route = router.rcpt(session, mail, rcpt);
            if (!(route instanceof Route.Undecided)) {
                return route;
            }
        }
        return Route.undecided();
    }

    @Override
    public boolean neverWaits() {
        return routers.stream().allMatch(Router::neverWaits);
    }

    @Override
    public Set<Target> reach() {
        Set<Target> all = new LinkedHashSet<>();
        routers.forEach(router -> all.addAll(router.reach()));
        return all;
    }
}
