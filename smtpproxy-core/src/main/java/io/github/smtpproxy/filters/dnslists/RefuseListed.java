package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.dnslists.Listings.Listing;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Refuses clients that DNS lists name, and clients whose HELO name or sender's domain they name. Each list adds its weight to
 * a score; from a threshold on, each recipient is refused with {@code 554 5.7.1} and the list's own reason, except
 * postmaster. The lookups begin when the client connects, and nothing waits for them before the first RCPT.
 *
 * <p>Lists are tested (RFC 5782 §5) when the first client connects and every 30 minutes, and left out while they fail. A
 * list that does not answer, or answers with an error of its provider, is no listing.
 */
public final class RefuseListed implements Filter, AutoCloseable {

    /** Where the client, its HELO name and the sender are listed: an attribute of the transaction. */
    public static final Key<Listings> LISTINGS = Key.of("DNS listings", Listings.class);

    private static final Key<Boolean> ALLOWED = Key.of("allowed by DNS lists", Boolean.class);

    private final ListSettings settings;
    private final Lookups lookups;

    RefuseListed(ListSettings settings, Resolver resolver) {
        this.settings = settings;
        this.lookups = new Lookups(settings, resolver);
    }

    /** Lists to refuse by; {@link ListSettings#build} makes the filter. */
    public static ListSettings by(String... lists) {
        return ListSettings.NONE.clients(lists);
    }

    /**
     * Clients that lists of good clients name, by {@link ListSettings#allowThreshold}: whom filters behind this one may
     * exempt. Known from the first RCPT of a transaction on, or from the greeting with {@link ListSettings#atConnect}.
     */
    public static Predicate<Session> allowed() {
        return session -> session.attribute(ALLOWED).orElse(false);
    }

    /** Tests the lists now, and not only when the first client connects. Does not wait for the result. */
    public void testLists() {
        lookups.begin();
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        lookups.begin();
        if (isExempt(session)) {
            return next.proceed(session);
        }
        List<Lookup> begun = lookups.client(session);
        return settings.isAtConnect()
                ? decide(begun, next, session, () -> next.proceed(session))
                : next.proceed(session);
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        if (!isExempt(next.session())) {
            lookups.hello(hello);
        }
        return next.proceed(hello);
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        if (!isExempt(next.session())) {
            lookups.sender(mail);
        }
        return next.proceed(mail);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        Session session = next.session();
        if (isExempt(session) || rcpt.recipient().isPostmaster()) {
            return next.proceed(rcpt);
        }
        List<Lookup> all = new ArrayList<>(lookups.client(session));
        session.hello().ifPresent(hello -> all.addAll(lookups.hello(hello)));
        all.addAll(lookups.sender(next.transaction().mail()));
        return decide(all, next, next.transaction(), () -> next.proceed(rcpt));
    }

    private boolean isExempt(Session session) {
        return session.remoteAddress().getAddress().isAnyLocalAddress() && settings.hasClientListsOnly()
                || settings.exempt().test(session);
    }

    private Reply decide(List<Lookup> all, Chain<?> next, Attributes keeper, Supplier<Reply> goOn) {
        Optional<Listings> known = keeper.attribute(LISTINGS);
        Listings listings = known.orElseGet(() -> find(all, next, keeper));
        return isRefused(listings) ? refusal(listings, next.session()) : goOn.get();
    }

    private Listings find(List<Lookup> all, Chain<?> next, Attributes keeper) {
        long began = System.nanoTime();
        List<Listing> found = Lookup.await(all, settings.limit());
        Listings listings =
                new Listings(found.stream().mapToInt(Listing::weight).sum(), found);
        keeper.attribute(LISTINGS, listings);
        next.session().attribute(ALLOWED, settings.allows(listings.score()));
        next.verdict(Verdict.of("RefuseListed", isRefused(listings) ? Decision.REFUSE : Decision.PASS)
                .rule(String.join(",", found.stream().map(Listing::toString).toList()))
                .score(listings.score())
                .took(Duration.ofNanos(System.nanoTime() - began)));
        return listings;
    }

    private boolean isRefused(Listings listings) {
        return listings.score() >= settings.threshold();
    }

    /** Named is the list that weighs most. */
    private static Reply refusal(Listings listings, Session session) {
        Listing heaviest = listings.all().stream()
                .max(Comparator.comparingInt(Listing::weight))
                .orElseThrow();
        String why = heaviest.reason().isEmpty() ? "" : "; " + heaviest.reason();
        String text = "Service unavailable; " + heaviest.subject() + " blocked using " + heaviest.list() + why;
        return Reply.refusal(554, "5.7.1", Printable.of(text) + " (" + session.id() + ")");
    }

    /** Ends the tests of the lists. */
    @Override
    public void close() {
        lookups.close();
    }
}
