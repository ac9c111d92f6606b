package io.github.smtpproxy.route;

import java.util.Objects;

/** There is no token to log in with. Its message goes to the log, and to no client: it must contain no secret. */
public final class TokenException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param message why there is none, without any secret */
    public TokenException(String message) {
        super(Objects.requireNonNull(message, "message"));
    }
}
