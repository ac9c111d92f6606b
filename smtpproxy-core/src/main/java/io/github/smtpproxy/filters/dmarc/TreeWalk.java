package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.filters.dmarc.DmarcRecord.Psd;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The records of a domain and of those above it (RFC 9989 §4.10), the longest name first. At most 8 questions, however many
 * labels it has. Immutable.
 */
record TreeWalk(String domain, List<Found> found) {

    /** Labels of the name that is asked for after that of the domain itself. */
    private static final int SKIP_TO = 7;

    /** A record, and whose it is. */
    record Found(String domain, DmarcRecord record) {}

    /**
     * Walks.
     *
     * @param records gives the record of a name
     */
    static TreeWalk from(String domain, Function<String, Optional<DmarcRecord>> records) {
        List<Found> found = new ArrayList<>();
        for (String name : names(domain)) {
            Optional<DmarcRecord> record = records.apply(name);
            record.ifPresent(r -> found.add(new Found(name, r)));
            if (record.filter(r -> r.psd() != Psd.UNKNOWN).isPresent()) {
                break;
            }
        }
        return new TreeWalk(domain, List.copyOf(found));
    }

    private static List<String> names(String domain) {
        List<String> names = new ArrayList<>(List.of(domain));
        String rest = parent(domain);
        while (labels(rest) > SKIP_TO) {
            rest = parent(rest);
        }
        for (; !rest.isEmpty(); rest = parent(rest)) {
            names.add(rest);
        }
        return names;
    }

    private static String parent(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1);
    }

    private static int labels(String name) {
        return (int) name.chars().filter(c -> c == '.').count() + 1;
    }

    /** §4.10.2. */
    String organizationalDomain() {
        for (Found one : found) {
            if (one.record().psd() == Psd.NO) {
                return one.domain();
            }
            if (one.record().psd() == Psd.YES && !one.domain().equals(domain)) {
                return oneBelow(one.domain());
            }
        }
        return found.isEmpty() ? domain : found.get(found.size() - 1).domain();
    }

    /** The name below this one, of those that the domain ends in. */
    private String oneBelow(String suffix) {
        String before = domain.substring(0, domain.length() - suffix.length() - 1);
        return domain.substring(before.lastIndexOf('.') + 1);
    }

    /** Whose record counts: the domain's, that of its organization, or the one above that (§4.10.1). */
    Optional<Found> policy() {
        return at(domain)
                .or(() -> at(organizationalDomain()))
                .or(() ->
                        found.stream().filter(f -> f.record().psd() == Psd.YES).findFirst());
    }

    private Optional<Found> at(String name) {
        return found.stream().filter(f -> f.domain().equals(name)).findFirst();
    }
}
