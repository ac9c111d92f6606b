package io.github.smtpproxy.config;

/**
 * Gets each line of the protocol, without message content, secrets redacted, control and non-ASCII characters escaped. Serves all sessions at once and must be thread-safe.
 */
@FunctionalInterface
public interface Transcript {

    /** Which of the two conversations. */
    enum Lane {
        /** With the client. */
        CLIENT,
        /** With the destination. */
        DESTINATION
    }

    /**
     * Whether it wants lines now; asked before each. A conversation whose lines it did not get may begin in the middle, and
     * its first line is hidden, since it could be a secret. Always by default.
     */
    default boolean isWanted() {
        return true;
    }

    /**
     * Whether it wants lines of this session now; asked before each, in place of {@link #isWanted()}, which it calls by
     * default.
     *
     * @param session the session's id
     */
    default boolean isWanted(String session) {
        return isWanted();
    }

    /**
     * A line was sent or received.
     *
     * @param session the session's id
     * @param lane in which conversation
     * @param fromProxy whether the proxy sent it, or the other side
     * @param line without its line end
     */
    void line(String session, Lane lane, boolean fromProxy, String line);
}
