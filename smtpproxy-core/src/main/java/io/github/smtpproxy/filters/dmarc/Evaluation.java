package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.filters.dmarc.DmarcResult.Code;
import io.github.smtpproxy.filters.dmarc.Identifier.Mechanism;
import io.github.smtpproxy.filters.dmarc.TreeWalk.Found;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** One author's domain (RFC 9989 §5.3). Used by one thread. */
final class Evaluation {

    /** Names of others that are walked from; those that cannot be aligned are not among them. */
    private static final int MAX_WALKS = 10;

    private final String author;
    private final Records records;
    private final List<Identifier> identifiers;
    private int walks;

    private enum Alignment {
        NO,
        YES,
        /** The DNS did not answer, or the identifier is pending. */
        UNKNOWN
    }

    Evaluation(String author, Records records, List<Identifier> identifiers) {
        this.author = author;
        this.records = records;
        this.identifiers = identifiers;
    }

    DmarcResult result() {
        try {
            return records.of(author).isPresent() && isAuthenticated() ? passed() : walked();
        } catch (UnansweredException trouble) {
            return DmarcResult.of(Code.TEMPERROR, author, why(trouble));
        }
    }

    private static String why(UnansweredException trouble) {
        return Objects.requireNonNull(trouble.getMessage(), "message");
    }

    /** The author's own domain: then nothing above it has to be looked at (§4.10.2). */
    private boolean isAuthenticated() {
        return identifiers.stream().anyMatch(i -> !i.pending() && i.domain().equals(author));
    }

    private DmarcResult passed() {
        DmarcRecord record = records.of(author).orElseThrow();
        return record.policies()
                .map(policies -> result(Code.PASS, new Found(author, record), author, policies.own()))
                .orElseGet(this::unreadable);
    }

    private DmarcResult unreadable() {
        return DmarcResult.of(Code.PERMERROR, author, "the policy cannot be read");
    }

    private DmarcResult walked() {
        TreeWalk walk = TreeWalk.from(author, records::of);
        Optional<Found> policy = walk.policy();
        if (policy.isEmpty()) {
            return DmarcResult.of(Code.NONE, author, "");
        }
        Found found = policy.get();
        if (found.record().policies().isEmpty()) {
            return unreadable();
        }
        DmarcRecord.Policies policies = found.record().policies().get();
        Policy asked = found.domain().equals(author) ? policies.own() : policies.below();
        String organization = walk.organizationalDomain();
        return switch (alignment(found.record(), organization)) {
            case YES -> result(Code.PASS, found, organization, asked);
            case UNKNOWN ->
                result(Code.TEMPERROR, found, organization, asked)
                        .because("SPF, DKIM or its domain cannot be looked up");
            case NO -> result(Code.FAIL, found, organization, failing(found, policies));
        };
    }

    /** What is asked for mail that fails; whether the author's domain exists is asked where it makes a difference. */
    private Policy failing(Found found, DmarcRecord.Policies policies) {
        if (found.domain().equals(author)) {
            return policies.own();
        }
        return policies.below() == policies.missing() || records.exists(author) ? policies.below() : policies.missing();
    }

    private DmarcResult result(Code code, Found found, String organization, Policy asked) {
        Policy policy = found.record().testing() ? asked.lowered() : asked;
        return new DmarcResult(code, author, found.domain(), organization, asked, policy, "");
    }

    private Alignment alignment(DmarcRecord record, String organization) {
        Alignment best = Alignment.NO;
        for (Identifier identifier : identifiers) {
            Alignment one = alignment(identifier, record, organization);
            if (one == Alignment.YES && !identifier.pending()) {
                return Alignment.YES;
            }
            best = one == Alignment.NO ? best : Alignment.UNKNOWN;
        }
        return best;
    }

    private Alignment alignment(Identifier identifier, DmarcRecord record, String organization) {
        if (identifier.domain().equals(author)) {
            return Alignment.YES;
        }
        boolean strict = identifier.mechanism() == Mechanism.SPF ? record.strictSpf() : record.strictDkim();
        return strict || !isWithin(identifier.domain(), organization)
                ? Alignment.NO
                : organized(identifier.domain(), organization);
    }

    /** An organizational domain is the domain or one above it: what is not within it has another. */
    private static boolean isWithin(String domain, String organization) {
        return domain.equals(organization) || domain.endsWith("." + organization);
    }

    private Alignment organized(String domain, String organization) {
        if (++walks > MAX_WALKS) {
            return Alignment.NO;
        }
        try {
            String other = TreeWalk.from(domain, records::of).organizationalDomain();
            return other.equals(organization) ? Alignment.YES : Alignment.NO;
        } catch (UnansweredException trouble) {
            return Alignment.UNKNOWN;
        }
    }
}
