package io.github.smtpproxy.filters.dmarc;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a domain publishes (RFC 9989 §4.7 and §4.8). Tags that are unknown, and values that are wrong, do not count.
 * Immutable.
 *
 * @param policies by the tags p, sp and np; empty where one of them is wrong and nobody is to be told of it
 */
record DmarcRecord(Optional<Policies> policies, Psd psd, boolean testing, boolean strictDkim, boolean strictSpf) {

    private static final int MAX = 10_000;
    private static final Pattern VERSION = Pattern.compile("[vV][ \\t]*=[ \\t]*DMARC1[ \\t]*(;.*)?", Pattern.DOTALL);
    private static final Pattern TAG = Pattern.compile("[ \\t]*([A-Za-z]+)[ \\t]*=[ \\t]*([ -:<-~]*)");

    /** Whether the domain has domains of others below it. */
    enum Psd {
        YES,
        NO,
        /** It does not say. */
        UNKNOWN
    }

    /** What is asked for mail of the domain itself, of domains below it that exist, and of those that do not. */
    record Policies(Policy own, Policy below, Policy missing) {
        static final Policies NONE = new Policies(Policy.NONE, Policy.NONE, Policy.NONE);
    }

    /** The only one of these texts that is a record; where there are several, none is (§4.10). */
    static Optional<DmarcRecord> among(List<String> texts) {
        List<Matcher> records = texts.stream()
                .filter(text -> text.length() <= MAX)
                .map(VERSION::matcher)
                .filter(Matcher::matches)
                .toList();
        return records.size() == 1 ? Optional.of(parse(records.get(0).group(1))) : Optional.empty();
    }

    private static DmarcRecord parse(String text) {
        Map<String, String> tags = new HashMap<>();
        for (String part : Objects.requireNonNullElse(text, "").split(";")) {
            Matcher tag = TAG.matcher(part);
            if (tag.matches()) {
                tags.putIfAbsent(
                        tag.group(1).toLowerCase(Locale.ROOT), tag.group(2).strip());
            }
        }
        return new DmarcRecord(
                policies(tags), psd(tags), is(tags, "t", "y"), is(tags, "adkim", "s"), is(tags, "aspf", "s"));
    }

    private static boolean is(Map<String, String> tags, String tag, String value) {
        return value.equalsIgnoreCase(tags.get(tag));
    }

    private static Psd psd(Map<String, String> tags) {
        return is(tags, "psd", "y") ? Psd.YES : is(tags, "psd", "n") ? Psd.NO : Psd.UNKNOWN;
    }

    /** §4.10.1: one that is wrong makes all of them none, for an owner who wants reports. */
    private static Optional<Policies> policies(Map<String, String> tags) {
        Optional<Policy> own = policy(tags, "p", Policy.NONE);
        Optional<Policy> below = own.flatMap(p -> policy(tags, "sp", p));
        Optional<Policy> missing = below.flatMap(p -> policy(tags, "np", p));
        if (own.isPresent() && below.isPresent() && missing.isPresent()) {
            return Optional.of(new Policies(own.get(), below.get(), missing.get()));
        }
        return wantsReports(tags) ? Optional.of(Policies.NONE) : Optional.empty();
    }

    /** @return empty for one that is wrong */
    private static Optional<Policy> policy(Map<String, String> tags, String tag, Policy without) {
        return tags.containsKey(tag) ? Policy.parse(tags.get(tag)) : Optional.of(without);
    }

    private static boolean wantsReports(Map<String, String> tags) {
        for (String uri : tags.getOrDefault("rua", "").split(",")) {
            if (isUri(uri.strip())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isUri(String text) {
        try {
            return new URI(text).isAbsolute();
        } catch (URISyntaxException none) {
            return false;
        }
    }
}
