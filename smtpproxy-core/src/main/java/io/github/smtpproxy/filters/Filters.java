package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import java.util.List;
import java.util.Objects;

/** Filters out of others. */
public final class Filters {

    private Filters() {}

    /**
     * One filter out of several. At each step they take their turn in this order, as they do in a proxy; but {@link Scanner}s
     * that stand side by side look at a message at the same time: the client waits for the slowest, not for all in turn. A
     * refusal counts before a deferral, a deferral before passing, and among equals the order here, whoever is first to
     * answer; once one refuses, those behind it are cancelled. What they change is changed in that order, if all let the
     * message pass.
     *
     * <p>It gets messages only if one of its parts does.
     *
     * @param parts at least one
     */
    public static Filter together(Filter... parts) {
        Objects.requireNonNull(parts, "filters");
        for (Filter part : parts) {
            Objects.requireNonNull(part, "filter");
        }
        List<Filter> all = List.of(parts);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("filters must be at least 1, was 0");
        }
        return all.stream().anyMatch(ContentFilter.class::isInstance) ? new ContentTogether(all) : new Together(all);
    }
}
