package io.github.smtpproxy.routing;

import io.github.smtpproxy.protocol.HostName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/** The MX records of a domain, in the order in which they are tried. Immutable. */
final class MailExchangers {

    private static final int MAX = 10;

    private final List<Exchanger> all;

    private record Exchanger(int preference, String host) {}

    private MailExchangers(List<Exchanger> all) {
        this.all = all;
    }

    /**
     * @param records each a preference, a space and a name, as the DNS has it
     * @param chance orders those of the same preference; the same for each recipient of a session, which stays on one server
     */
    static MailExchangers of(List<String> records, Random chance) {
        List<Exchanger> all = new ArrayList<>();
        for (String record : records) {
            String[] parts = record.split(" ", 2);
            all.add(new Exchanger(Integer.parseInt(parts[0]), withoutDot(parts[1])));
        }
        all.sort(Comparator.comparing(Exchanger::host));
        Collections.shuffle(all, chance);
        all.sort(Comparator.comparingInt(Exchanger::preference));
        return new MailExchangers(all);
    }

    private static String withoutDot(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** Whether the domain publishes that it takes no mail (RFC 7505 §3). */
    boolean isNull() {
        return all.size() == 1 && all.get(0).host().isEmpty();
    }

    /** Whether one of them has a name that a host can have. */
    boolean isAnyUsable() {
        return all.stream().anyMatch(e -> HostName.isValid(e.host()));
    }

    /** The hosts that are better than ourselves (RFC 5321 §5.1); a name that is none is left out. */
    List<String> before(Set<String> ours) {
        int own = all.stream()
                .filter(e -> ours.contains(e.host()))
                .mapToInt(Exchanger::preference)
                .min()
                .orElse(Integer.MAX_VALUE);
        return all.stream()
                .filter(e -> e.preference() < own && HostName.isValid(e.host()))
                .map(Exchanger::host)
                .distinct()
                .limit(MAX)
                .toList();
    }
}
