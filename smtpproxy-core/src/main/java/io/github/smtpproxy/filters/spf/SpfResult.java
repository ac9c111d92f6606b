package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.service.Printable;
import java.util.Objects;

/**
 * Whether a client may use the domain that it sends with (RFC 7208 §2.6). Immutable; texts are printable US-ASCII, of 200
 * characters at most; the domain is not cut.
 *
 * @param code what was found
 * @param identity which name of the client was looked at
 * @param domain that name, in ASCII and lower case; empty where there is none
 * @param mechanism the term of the record that matched, as it is written; empty where none did
 * @param explanation why, in words of the domain's owner; only with {@link Code#FAIL}, else empty. Words of others: not to
 *     be taken for ours
 * @param reason why there is no better result; empty where there is none to tell
 */
public record SpfResult(
        Code code, Identity identity, String domain, String mechanism, String explanation, String reason) {

    /** What was found, in the words of RFC 8601 §2.7.2. */
    public enum Code {
        /** The domain says nothing, or there is none. */
        NONE,
        /** The domain says that it does not say. */
        NEUTRAL,
        /** The client may use it. */
        PASS,
        /** The client may not use it. */
        FAIL,
        /** The client probably may not use it. */
        SOFTFAIL,
        /** The DNS did not answer, or not in time: later there may be another result. */
        TEMPERROR,
        /** What the domain says cannot be read, or asks for too much. */
        PERMERROR
    }

    /** Where the name comes from. */
    public enum Identity {
        /** The sender of MAIL. */
        MAIL_FROM,
        /** EHLO or HELO, where the sender is the null reverse-path (RFC 7208 §2.4). */
        HELO
    }

    /** Makes the texts printable. */
    public SpfResult {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(identity, "identity");
        domain = Printable.line(Objects.requireNonNull(domain, "domain"));
        mechanism = Printable.of(Objects.requireNonNull(mechanism, "mechanism"));
        explanation = Printable.of(Objects.requireNonNull(explanation, "explanation"));
        reason = Printable.of(Objects.requireNonNull(reason, "reason"));
    }

    /** A result without more to tell. */
    public static SpfResult of(Code code, Identity identity, String domain) {
        return new SpfResult(code, identity, domain, "", "", "");
    }

    /** This for a reason. */
    public SpfResult because(String why) {
        return new SpfResult(code, identity, domain, mechanism, explanation, why);
    }

    /** Whether the client may use the domain. */
    public boolean isPass() {
        return code == Code.PASS;
    }
}
