package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Set;

/**
 * Says where a transaction goes. It is asked when the client connects; if it cannot decide then, again at MAIL, and
 * again at RCPT, where an undecided route is answered {@code 451 4.4.4}. Decided is decided: what it named when the client
 * connected stands for the whole session, what it named at MAIL for the whole transaction, and it is not asked again.
 * At RCPT it is asked for each recipient. One transaction has one route: a recipient for another destination is answered
 * {@code 452 4.5.3}, and the client sends it in a transaction of its own. A refusal holds for the session, the
 * transaction or the recipient that it was asked about.
 *
 * <p>Serves all sessions at once and must be thread-safe. A router that throws or returns null is logged, and the client
 * hears {@code 451 4.3.0}.
 */
public interface Router {

    /** Decides when a client connects. */
    default Route connect(Session session) {
        return Route.undecided();
    }

    /** Decides when the sender is known. */
    default Route mail(Session session, MailFrom mail) {
        return Route.undecided();
    }

    /** Decides for a recipient. */
    Route rcpt(Session session, MailFrom mail, RcptTo rcpt);

    /**
     * Every destination that this router may name. Until the route is known, EHLO offers what all of these can carry; a
     * router that names none makes EHLO offer nothing.
     */
    default Set<Destination> reach() {
        return Set.of();
    }

    /** Everything to one destination, known from the first moment. */
    static Router to(Destination destination) {
        return new FixedRouter(destination);
    }

    /** Routes by the domain of the sender; the null sender has none. */
    static DomainRouter bySenderDomain() {
        return DomainRouter.ofSenders();
    }

    /** Routes by the domain of each recipient. */
    static DomainRouter byRecipientDomain() {
        return DomainRouter.ofRecipients();
    }
}
