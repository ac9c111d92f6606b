package io.github.smtpproxy.filters.sender;

import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dmarc.DmarcResult;
import io.github.smtpproxy.filters.spf.SpfResult;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What is known of the sender of a message. Immutable.
 *
 * @param spf of the client and the sender of MAIL
 * @param dkim of each signature, or one that says that there is none
 * @param dmarc of the author
 */
public record VerifiedSender(SpfResult spf, List<DkimResult> dkim, DmarcResult dmarc) {

    /** Keeps a copy of the list. */
    public VerifiedSender {
        Objects.requireNonNull(spf, "spf");
        dkim = List.copyOf(Objects.requireNonNull(dkim, "dkim"));
        Objects.requireNonNull(dmarc, "dmarc");
    }

    /** The results in one line: {@code spf=pass dkim=pass,fail dmarc=fail policy=reject}. */
    @Override
    public String toString() {
        String signatures = dkim.stream().map(d -> lower(d.code())).collect(Collectors.joining(","));
        return "spf=" + lower(spf.code()) + " dkim=" + signatures + " dmarc=" + lower(dmarc.code())
                + (dmarc.policyDomain().isEmpty() ? "" : " policy=" + dmarc.policy());
    }

    static String lower(Enum<?> code) {
        return code.name().toLowerCase(Locale.ROOT);
    }
}
