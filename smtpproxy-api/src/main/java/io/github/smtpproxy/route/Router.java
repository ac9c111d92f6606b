package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides where a transaction goes. It is asked when the client connects; while it is undecided, again at MAIL, and at
 * each RCPT, where an undecided route is answered {@code 451 4.4.4}. Once decided, it is not asked again: a target named
 * when the client connected is that of the whole session, one named at MAIL that of the whole transaction, and one named
 * at RCPT that of this recipient. A refusal holds as long: for the session, the transaction or the recipient.
 *
 * <p>A transaction has one target: a recipient with another one is answered {@code 452 4.5.3}, and the client sends it in a
 * transaction of its own.
 *
 * <p>Serves all sessions at once and must be thread-safe. A router that throws, returns null or takes longer than
 * {@code Timeouts.routing}, 30 seconds, is logged, and the client gets {@code 451 4.3.0}. So that time can be limited, it is
 * asked on a thread of its own while the session waits, unless it {@linkplain #neverWaits never waits}.
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
     * Every target that this router may name. Until the route is known, EHLO offers what all of these can carry; a
     * router that names none makes EHLO offer nothing.
     */
    default Set<Target> reach() {
        return Set.of();
    }

    /**
     * Whether it decides without waiting for anything, such as a lock, a disk or the network: then it is asked on the session's
     * thread, which is faster by some microseconds, and without a limit of time. No by default.
     */
    default boolean neverWaits() {
        return false;
    }

    /** Everything to one target, known from the first moment. */
    static Router to(Target target) {
        return FixedRouter.of(Route.to(target), session -> true);
    }

    /**
     * Mail of some sessions to one target, such as those of one network, endpoint or user; all other mail is undecided.
     *
     * @param which asked when the client connects, at MAIL and at RCPT, on the session's thread; who has logged in is known
     *     from MAIL on
     */
    static Router to(Target target, Predicate<Session> which) {
        return FixedRouter.of(Route.to(target), which);
    }

    /**
     * Each session to the address and port that its client wanted to reach, {@link Session#localAddress()}, in plaintext and
     * known from the first moment. For a proxy that is {@code transparent}; a client that connects to the proxy itself is
     * refused with 421. Before it, in {@link #firstMatch}, routers may lead some sessions elsewhere.
     */
    static Router originalDestination() {
        return new FixedRouter(OriginalDestination::of, Set.of());
    }

    /**
     * Mail of some sessions is refused; all other mail is undecided. For {@link #firstMatch}.
     *
     * @param refusal what the client gets, 4xx or 5xx
     * @param which asked when the client connects, at MAIL and at RCPT, on the session's thread
     */
    static Router refuse(Reply refusal, Predicate<Session> which) {
        return FixedRouter.of(Route.refuse(refusal), which);
    }

    /**
     * The first of these that decides. One that is undecided may decide later, so those behind it are not asked before RCPT: put
     * those that decide early first.
     *
     * @param routers one at least
     */
    static Router firstMatch(Router... routers) {
        Objects.requireNonNull(routers, "routers");
        for (Router router : routers) {
            Objects.requireNonNull(router, "router");
        }
        if (routers.length == 0) {
            throw new IllegalArgumentException("routers must be at least 1, was 0");
        }
        return new FirstMatch(List.of(routers));
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
