package io.github.smtpproxy.filters.reputation;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Refuses recipients of clients whose reputation is below a score, with {@code 554 5.7.1}; postmaster is never refused.
 * Immutable: each setting makes another filter.
 */
public final class RefuseDisreputable implements Filter {

    /** The score of the client: an attribute of the transaction. */
    public static final Key<Double> SCORE = Key.of("reputation", Double.class);

    private final double least;
    private final Reputation reputation;
    private final Predicate<Session> exempt;
    private final boolean atConnect;

    private RefuseDisreputable(double least, Reputation reputation, Predicate<Session> exempt, boolean atConnect) {
        this.least = least;
        this.reputation = reputation;
        this.exempt = exempt;
        this.atConnect = atConnect;
    }

    /**
     * Refuses below a score.
     *
     * @param score below 0: a client that is not known has 0
     * @param reputation the one that is also a listener of the proxy
     */
    public static RefuseDisreputable below(double score, Reputation reputation) {
        Objects.requireNonNull(reputation, "reputation");
        if (!(score <= 0)) {
            throw new IllegalArgumentException("score must be 0 or less, was " + score);
        }
        return new RefuseDisreputable(score, reputation, Clients.trusted(), false);
    }

    /** This with other clients that are not refused, {@link Clients#trusted()} by default. */
    public RefuseDisreputable exempt(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "exempt");
        return new RefuseDisreputable(least, reputation, clients, atConnect);
    }

    /** This, refusing when the client connects: who is about to log in is not exempt yet. */
    public RefuseDisreputable atConnect() {
        return new RefuseDisreputable(least, reputation, exempt, true);
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        return atConnect && isRefused(next, session) ? refusal(session) : next.proceed(session);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return !rcpt.recipient().isPostmaster() && isRefused(next, next.transaction())
                ? refusal(next.session())
                : next.proceed(rcpt);
    }

    /** Read once for a transaction: its own recipients do not change how it is treated. */
    private boolean isRefused(Chain<?> next, Attributes keeper) {
        if (exempt.test(next.session())) {
            return false;
        }
        double score = keeper.attribute(SCORE).orElseGet(() -> read(next, keeper));
        return score < least;
    }

    private double read(Chain<?> next, Attributes keeper) {
        long began = System.nanoTime();
        double score = reputation.of(next.session());
        keeper.attribute(SCORE, score);
        next.verdict(Verdict.of("RefuseDisreputable", score < least ? Decision.REFUSE : Decision.PASS)
                .score(Math.round(score * 100) / 100.0)
                .took(Duration.ofNanos(System.nanoTime() - began)));
        return score;
    }

    private static Reply refusal(Session session) {
        return Reply.refusal(554, "5.7.1", "Refused for what this client did before (" + session.id() + ")");
    }
}
