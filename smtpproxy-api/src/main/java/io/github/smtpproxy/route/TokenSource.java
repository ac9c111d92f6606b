package io.github.smtpproxy.route;

/**
 * Where the tokens come from with which the proxy logs in (OAuth 2.0 bearer, RFC 6750). Any thread, many at once; both methods
 * are called on the session's thread and may block.
 */
public interface TokenSource {

    /**
     * A token for a login that begins now. It is asked for each login, so an implementation keeps what is still valid.
     *
     * @throws TokenException if there is none; its message is written to the log
     */
    String token();

    /**
     * The destination has refused this token for good, such as by 535. Asked once a login.
     *
     * @return whether {@link #token} has another one now, with which the proxy is to try once more
     */
    default boolean refused(String token) {
        return false;
    }
}
