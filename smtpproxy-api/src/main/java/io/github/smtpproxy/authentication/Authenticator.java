package io.github.smtpproxy.authentication;

import java.util.List;
import java.util.Optional;

/**
 * Says who may log in (RFC 4954) where the proxy ends AUTH itself. Called on the threads of many sessions at once; it may
 * block, which holds up its own session only. An exception is logged without its message and answered {@code 454 4.7.0}.
 *
 * <p>Names and passwords of PLAIN and LOGIN come prepared by SASLprep (RFC 4616 §2, RFC 4013): in Unicode's form KC, each
 * kind of space as U+0020, without characters that are not to be seen. Where that changed something and they are not accepted
 * so, they come once more as the client sent them. Other names and tokens come as the client sent them, in UTF-8. None is
 * empty.
 */
@FunctionalInterface
public interface Authenticator {

    /** Whether this is the user's password. Asked for PLAIN and LOGIN; compares in constant time, if it compares. */
    boolean accepts(String user, String password);

    /** Whether this token was issued to the user and still holds. Asked for OAUTHBEARER and XOAUTH2; none by default. */
    default boolean acceptsToken(String user, String token) {
        return false;
    }

    /**
     * What SCRAM-SHA-256 proves the user's password against; empty for one who is unknown or has no such secret, and by
     * default. The client cannot tell an unknown user from a wrong password as long as all secrets have
     * {@link ScramSecret#ITERATIONS} and a salt of {@link ScramSecret#SALT_LENGTH} octets.
     */
    default Optional<ScramSecret> scram(String user) {
        return Optional.empty();
    }

    /**
     * The SASL mechanisms to offer, in the order of the offer: upper-case names out of PLAIN, LOGIN, SCRAM-SHA-256,
     * OAUTHBEARER and XOAUTH2. PLAIN and LOGIN by default. Checked when it is used: another name, a name twice or an empty
     * list is an error.
     */
    default List<String> mechanisms() {
        return List.of("PLAIN", "LOGIN");
    }
}
