package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Routes by domain, as {@link Mailbox#isAt} compares them. Immutable: each call returns a further router. */
public final class DomainRouter implements Router {

    private final boolean bySender;
    private final Map<String, Target> routes;
    private final Route otherwise;

    private DomainRouter(boolean bySender, Map<String, Target> routes, Route otherwise) {
        this.bySender = bySender;
        this.routes = routes;
        this.otherwise = otherwise;
    }

    static DomainRouter ofSenders() {
        return new DomainRouter(true, Map.of(), Route.refuse(Reply.reject("5.7.1", "Relaying denied")));
    }

    static DomainRouter ofRecipients() {
        return new DomainRouter(false, Map.of(), Route.refuse(Reply.reject("5.7.1", "Relaying denied")));
    }

    /**
     * Mail of this domain goes to this target.
     *
     * @param domain readable text; empty for recipients without a domain ({@code Postmaster})
     * @throws IllegalArgumentException if it is no domain
     */
    public DomainRouter route(String domain, Target target) {
        Objects.requireNonNull(domain, "domain");
        Objects.requireNonNull(target, "target");
        if (domain.isBlank() || domain.chars().anyMatch(c -> c <= ' ' || c == '@' || c == 0x7F)) {
            throw new IllegalArgumentException(
                    "domain of a route must be the part of an address behind the @, was \"" + domain + "\"");
        }
        Map<String, Target> changed = new HashMap<>(routes);
        changed.put(key(domain), target);
        return new DomainRouter(bySender, Map.copyOf(changed), otherwise);
    }

    /** All other mail goes to this target. */
    public DomainRouter otherwise(Target target) {
        return new DomainRouter(bySender, routes, Route.to(target));
    }

    /** All other mail is refused with this reply; the default is {@code 550 5.7.1 Relaying denied}. */
    public DomainRouter otherwise(Reply refusal) {
        return new DomainRouter(bySender, routes, Route.refuse(refusal));
    }

    @Override
    public Route mail(Session session, MailFrom mail) {
        return bySender ? of(mail.sender()) : Route.undecided();
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        return bySender ? of(mail.sender()) : of(Optional.of(rcpt.recipient()));
    }

    @Override
    public Set<Target> reach() {
        Set<Target> reach = new LinkedHashSet<>(routes.values());
        if (otherwise instanceof Route.To to) {
            reach.add(to.target());
        }
        return reach;
    }

    private static String key(String domain) {
        try {
            return domain.isEmpty() ? "" : Mailbox.of("a@" + domain).asciiDomain();
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException(
                    "domain of a route must be the domain of an address, was \"" + domain + "\"", none);
        }
    }

    private Route of(Optional<Mailbox> mailbox) {
        return mailbox.map(Mailbox::asciiDomain).map(routes::get).map(Route::to).orElse(otherwise);
    }
}
