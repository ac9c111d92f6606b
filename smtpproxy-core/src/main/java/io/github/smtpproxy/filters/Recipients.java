package io.github.smtpproxy.filters;

import io.github.smtpproxy.protocol.Mailbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** Recipients by domain or address. Immutable. */
final class Recipients {

    private final List<Predicate<Mailbox>> any;

    private Recipients(List<Predicate<Mailbox>> any) {
        this.any = any;
    }

    /** Domains, {@code .example.org} for those below one, and addresses. */
    static Recipients of(String... domainsOrAddresses) {
        Objects.requireNonNull(domainsOrAddresses, "recipients");
        List<Predicate<Mailbox>> any = new ArrayList<>();
        for (String one : domainsOrAddresses) {
            Objects.requireNonNull(one, "recipient");
            any.add(one.indexOf('@') >= 0 ? address(one) : domain(one));
        }
        return new Recipients(List.copyOf(any));
    }

    private static Predicate<Mailbox> address(String text) {
        Mailbox address = Mailbox.of(text);
        return m ->
                m.local().equalsIgnoreCase(address.local()) && m.asciiDomain().equalsIgnoreCase(address.asciiDomain());
    }

    private static Predicate<Mailbox> domain(String text) {
        boolean below = text.startsWith(".");
        // the form of a domain is checked with a mailbox in it
        String domain =
                Mailbox.of("postmaster@" + (below ? text.substring(1) : text)).asciiDomain();
        String end = "." + domain;
        return below
                ? m -> m.asciiDomain()
                        .regionMatches(true, m.asciiDomain().length() - end.length(), end, 0, end.length())
                : m -> m.asciiDomain().equalsIgnoreCase(domain);
    }

    boolean contain(Mailbox mailbox) {
        return any.stream().anyMatch(one -> one.test(mailbox));
    }

    boolean isEmpty() {
        return any.isEmpty();
    }
}
