package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.service.Printable;
import java.util.Objects;

/**
 * What became of one DKIM signature, in the words of RFC 8601 §2.7.1. All texts are printable US-ASCII on one line; those that
 * the signature does not have, or that cannot be read, are empty. Immutable.
 *
 * @param code the result
 * @param domain {@code d=}: who signed, in lower case and with A-labels
 * @param selector {@code s=}: which of the domain's keys
 * @param identity {@code i=}: on whose behalf; {@code @} and the domain where the signature does not say
 * @param algorithm {@code a=}
 * @param signature how {@code b=} begins: 8 characters, or more where others of the message begin alike (RFC 6008)
 * @param reason why, for people to read
 */
public record DkimResult(
        Code code, String domain, String selector, String identity, String algorithm, String signature, String reason) {

    /** Results of a verification. */
    public enum Code {
        /** The message is not signed. */
        NONE,
        /** The signature is good. */
        PASS,
        /** It is not of this message, or not by this key. */
        FAIL,
        /** It may be good, but is not accepted: it covers a part of the body only, has expired, or is of the future. */
        POLICY,
        /** Its field cannot be read, or it is of a kind that is not known. */
        NEUTRAL,
        /** The key could not be asked for now. */
        TEMPERROR,
        /** It can never be verified: there is no key, or none that is good enough. */
        PERMERROR
    }

    private static final DkimResult NONE = new DkimResult(Code.NONE, "", "", "", "", "", "");

    /** Texts of others become printable; no name is cut, since a part of one may be another's. */
    public DkimResult {
        Objects.requireNonNull(code, "code");
        domain = Printable.line(Objects.requireNonNull(domain, "domain"));
        selector = Printable.line(Objects.requireNonNull(selector, "selector"));
        identity = Printable.line(Objects.requireNonNull(identity, "identity"));
        algorithm = Printable.of(Objects.requireNonNull(algorithm, "algorithm"));
        signature = Printable.of(Objects.requireNonNull(signature, "signature"));
        reason = Printable.of(Objects.requireNonNull(reason, "reason"));
    }

    /** The one of a message without signatures. */
    static DkimResult none() {
        return NONE;
    }

    /** Whether the signature is good. */
    public boolean isPass() {
        return code == Code.PASS;
    }
}
