package io.github.smtpproxy.oauth2;

import java.time.Duration;

/** A token server gave no token. The message contains no secret. */
final class TokenRefusedException extends Exception {

    private static final long serialVersionUID = 1;

    private final boolean permanent;
    private final Duration retryAfter;

    /**
     * @param permanent whether it stays so until somebody changes a setting, here or there
     * @param retryAfter when the server wants to be asked again; zero if it names no time
     */
    TokenRefusedException(String why, boolean permanent, Duration retryAfter) {
        super(why, null, false, false);
        this.permanent = permanent;
        this.retryAfter = retryAfter;
    }

    static TokenRefusedException forNow(String why) {
        return new TokenRefusedException(why, false, Duration.ZERO);
    }

    boolean isPermanent() {
        return permanent;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
