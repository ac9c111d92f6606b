package io.github.smtpproxy.authentication;

import io.github.smtpproxy.session.Session;
import java.util.List;
import java.util.Optional;

/**
 * Decides which clients may log in (RFC 4954) at the proxy itself. Called on the threads of many sessions at once; it may
 * block, which delays its own session only. An exception is logged without its message, and the client gets
 * {@code 454 4.7.0}.
 *
 * <p>Users and passwords of PLAIN and LOGIN are prepared by SASLprep (RFC 4616 §2, RFC 4013): Unicode form KC, each kind of
 * space as U+0020, no invisible characters. If that changed one of them and they are rejected, the authenticator is asked
 * once more, for both as the client sent them. Other users and tokens are passed as the client sent them, in UTF-8. None is
 * empty.
 *
 * <p>PLAIN, LOGIN and SCRAM-SHA-256 need {@code com.ongres.scram:scram-client} on the class path, which is an optional
 * dependency; without it an endpoint does not take an authenticator that offers one of them.
 */
@FunctionalInterface
public interface Authenticator {

    /** Whether this is the user's password. Asked for PLAIN and LOGIN; compares in constant time, if it compares. */
    boolean accepts(String user, String password);

    /**
     * Logs in by user and password, for PLAIN and LOGIN: as {@link #accepts} decides, unless an authenticator answers
     * more, such as other words or a delay.
     */
    default Login login(String user, String password) {
        return accepts(user, password) ? Login.accepted(user) : Login.refused();
    }

    /**
     * The authenticator of one session, asked for when its client begins to log in; on the session's thread. One that needs to
     * know the client's address returns another one; this one by default.
     */
    default Authenticator forSession(Session session) {
        return this;
    }

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

    /** Whether clients must log in before they send mail; yes by default. Asked once, when the endpoint is made. */
    default boolean isRequired() {
        return true;
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
