package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.service.Printable;
import java.util.Objects;

/**
 * Whether the author's domain of a message is authenticated, and what its owner asks for if it is not (RFC 9989). Immutable.
 *
 * @param code what was found
 * @param author the author's domain in ASCII and lower case; empty where the message names none
 * @param policyDomain whose record counts; empty where there is none
 * @param organizationalDomain of the author; empty where it is not known
 * @param published what the record asks for mail of this domain that fails, by its tags p, sp and np
 * @param policy the same one level lower where the owner tests (t=y): what is to be done with mail that fails
 * @param reason why there is no better result; empty where there is none to tell
 */
public record DmarcResult(
        Code code,
        String author,
        String policyDomain,
        String organizationalDomain,
        Policy published,
        Policy policy,
        String reason) {

    /** What was found, in the words of RFC 9989 §9.2. */
    public enum Code {
        /** The domain does not take part. */
        NONE,
        /** SPF or DKIM has authenticated the domain, or one of the same organization. */
        PASS,
        /** None has. */
        FAIL,
        /** The DNS did not answer, or not in time: later there may be another result. */
        TEMPERROR,
        /** The message names no author that can be looked up, or the record cannot be read. */
        PERMERROR
    }

    /** Makes the texts printable. */
    public DmarcResult {
        Objects.requireNonNull(code, "code");
        author = Printable.line(Objects.requireNonNull(author, "author"));
        policyDomain = Printable.line(Objects.requireNonNull(policyDomain, "policyDomain"));
        organizationalDomain = Printable.line(Objects.requireNonNull(organizationalDomain, "organizationalDomain"));
        Objects.requireNonNull(published, "published");
        Objects.requireNonNull(policy, "policy");
        reason = Printable.of(Objects.requireNonNull(reason, "reason"));
    }

    /** A result without a policy. */
    public static DmarcResult of(Code code, String author, String reason) {
        return new DmarcResult(code, author, "", "", Policy.NONE, Policy.NONE, reason);
    }

    /** This for a reason. */
    public DmarcResult because(String why) {
        return new DmarcResult(code, author, policyDomain, organizationalDomain, published, policy, why);
    }

    /** What is to be done with the message: the policy if it failed, else nothing. */
    public Policy disposition() {
        return code == Code.FAIL ? policy : Policy.NONE;
    }
}
