package io.github.smtpproxy.event;

import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a filter found out, whether it then refused or not: who, by which rule, with which score, in which time. Immutable:
 * each setting makes another verdict. A filter gives it to {@code Chain.verdict}.
 */
public final class Verdict {

    /** What a verdict leads to. */
    public enum Decision {
        /** Nothing: the command goes on. */
        PASS,
        /** A refusal for now, 4xx. */
        DEFER,
        /** A refusal, 5xx. */
        REFUSE
    }

    private static final int MAX_TEXT = 200;

    private final String filter;
    private final Decision decision;
    private final String rule;
    private final OptionalDouble score;
    private final Duration duration;
    private final Optional<Transaction> transaction;

    private Verdict(
            String filter,
            Decision decision,
            String rule,
            OptionalDouble score,
            Duration duration,
            Optional<Transaction> transaction) {
        this.filter = filter;
        this.decision = decision;
        this.rule = rule;
        this.score = score;
        this.duration = duration;
        this.transaction = transaction;
    }

    /**
     * A verdict without rule and score, found at once.
     *
     * @param filter who: the simple name of the filter's class, or another name for the log
     */
    public static Verdict of(String filter, Decision decision) {
        Objects.requireNonNull(decision, "decision");
        return new Verdict(
                text("filter", filter), decision, "", OptionalDouble.empty(), Duration.ZERO, Optional.empty());
    }

    /** Printable US-ASCII of one line: what comes from outside must not look like another line of the log. */
    private static String text(String name, String value) {
        Objects.requireNonNull(value, name);
        String start = value.length() > MAX_TEXT ? value.substring(0, MAX_TEXT) : value;
        return start.replaceAll("[^ -~]", "?");
    }

    /** Who found it. */
    public String filter() {
        return filter;
    }

    /** What it leads to, or would lead to if the filter were not only observed. */
    public Decision decision() {
        return decision;
    }

    /** By which rule: a list, a virus, symbols, or why there was no answer; empty if there is none to name. */
    public String rule() {
        return rule;
    }

    /** This by a rule: at most 200 characters are kept, and those that are no printable US-ASCII become {@code ?}. */
    public Verdict rule(String value) {
        return new Verdict(filter, decision, text("rule", value), score, duration, transaction);
    }

    /** The score, in the filter's own measure. */
    public OptionalDouble score() {
        return score;
    }

    /** This with a score. */
    public Verdict score(double value) {
        return new Verdict(filter, decision, rule, OptionalDouble.of(value), duration, transaction);
    }

    /** How long it took. */
    public Duration duration() {
        return duration;
    }

    /** This with the time that it took, not negative. */
    public Verdict took(Duration value) {
        Objects.requireNonNull(value, "duration");
        if (value.isNegative()) {
            throw new IllegalArgumentException("duration must not be negative, was " + value);
        }
        return new Verdict(filter, decision, rule, score, value, transaction);
    }

    /** The transaction that it is about; empty where there was none, and until it is given to {@code Chain.verdict}. */
    public Optional<Transaction> transaction() {
        return transaction;
    }

    /** This about a transaction. */
    public Verdict transaction(Transaction value) {
        Objects.requireNonNull(value, "transaction");
        return new Verdict(filter, decision, rule, score, duration, Optional.of(value));
    }

    /** As in the log: {@code ScanWithRspamd REFUSE 15.1 GTUBE 12ms}. */
    @Override
    public String toString() {
        return filter + " " + decision + (score.isPresent() ? " " + score.getAsDouble() : "")
                + (rule.isEmpty() ? "" : " " + rule) + " " + duration.toMillis() + "ms";
    }
}
