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
    private final Map<String, Target> addresses;
    private final Route otherwise;

    private DomainRouter(boolean bySender, Map<String, Target> routes, Map<String, Target> addresses, Route otherwise) {
        this.bySender = bySender;
        this.routes = routes;
        this.addresses = addresses;
        this.otherwise = otherwise;
    }

    static DomainRouter ofSenders() {
        return new DomainRouter(true, Map.of(), Map.of(), Route.refuse(Reply.reject("5.7.1", "Relaying denied")));
    }

    static DomainRouter ofRecipients() {
        return new DomainRouter(false, Map.of(), Map.of(), Route.refuse(Reply.reject("5.7.1", "Relaying denied")));
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
        return new DomainRouter(bySender, Map.copyOf(changed), addresses, otherwise);
    }

    /**
     * Mail of this address goes to this target, wherever that of its domain goes. Local parts are compared as they are
     * written (RFC 5321 §2.4).
     *
     * @throws IllegalArgumentException if it is no address
     */
    public DomainRouter address(String address, Target target) {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(target, "target");
        Map<String, Target> changed = new HashMap<>(addresses);
        changed.put(key(Mailbox.of(address)), target);
        return new DomainRouter(bySender, routes, Map.copyOf(changed), otherwise);
    }

    private static String key(Mailbox mailbox) {
        return mailbox.local() + "@" + mailbox.asciiDomain();
    }

    /** All other mail goes to this target. */
    public DomainRouter otherwise(Target target) {
        return new DomainRouter(bySender, routes, addresses, Route.to(target));
    }

    /** All other mail is refused with this reply; the default is {@code 550 5.7.1 Relaying denied}. */
    public DomainRouter otherwise(Reply refusal) {
        return new DomainRouter(bySender, routes, addresses, Route.refuse(refusal));
    }

    /** All other mail is left to another router, see {@link Router#firstMatch}; alone, it gets {@code 451 4.4.4}. */
    public DomainRouter otherwiseUndecided() {
        return new DomainRouter(bySender, routes, addresses, Route.undecided());
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
    public boolean neverWaits() {
        return true;
    }

    @Override
    public Set<Target> reach() {
        Set<Target> reach = new LinkedHashSet<>(routes.values());
        reach.addAll(addresses.values());
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
        return mailbox.map(DomainRouter::key)
                .map(addresses::get)
                .or(() -> mailbox.map(Mailbox::asciiDomain).map(routes::get))
                .map(Route::to)
                .orElse(otherwise);
    }
}
