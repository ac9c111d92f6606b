package io.github.smtpproxy.filters;

/** What becomes of mail while a service that a filter asks cannot be asked: unreachable, silent, or not to be understood. */
public enum WhenDown {
    /** It is refused for now, with 4xx: the client tries again later. */
    DEFER,
    /** It goes on as if the filter were not there. */
    PASS
}
