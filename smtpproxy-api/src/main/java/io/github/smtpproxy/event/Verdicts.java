package io.github.smtpproxy.event;

import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The verdicts of filters, in the order in which they were given. Immutable. */
public final class Verdicts {

    /** The attribute of a transaction, or of a session for steps outside of one, that holds its verdicts. */
    public static final Key<Verdicts> KEY = Key.of("verdicts", Verdicts.class);

    /** How many are kept; those after them are events only. */
    public static final int MAX = 100;

    private static final Verdicts NONE = new Verdicts(List.of());

    private final List<Verdict> all;

    private Verdicts(List<Verdict> all) {
        this.all = all;
    }

    /** Those of a transaction or session so far. */
    public static Verdicts of(Attributes attributes) {
        Objects.requireNonNull(attributes, "attributes");
        return attributes.attribute(KEY).orElse(NONE);
    }

    /** All of them, {@link #MAX} at most. */
    public List<Verdict> all() {
        return all;
    }

    /** Those of one filter. */
    public List<Verdict> of(String filter) {
        Objects.requireNonNull(filter, "filter");
        return all.stream().filter(v -> v.filter().equals(filter)).toList();
    }

    /** These and one more, if there is room for it. */
    public Verdicts and(Verdict further) {
        Objects.requireNonNull(further, "verdict");
        if (all.size() >= MAX) {
            return this;
        }
        List<Verdict> more = new ArrayList<>(all);
        more.add(further);
        return new Verdicts(List.copyOf(more));
    }

    @Override
    public String toString() {
        return all.toString();
    }
}
