package io.github.smtpproxy.route;

import java.util.function.Supplier;

/** What the proxy logs in with. */
public final class Credentials {
    private final String user;
    private final Supplier<String> secret;
    private final boolean token;

    private Credentials(String user, Supplier<String> secret, boolean token) {
        this.user = user;
        this.secret = secret;
        this.token = token;
    }

    /** A user and a password. */
    public static Credentials password(String user, String password) {
        return new Credentials(user, () -> password, false);
    }

    /** The user. */
    public String user() {
        return user;
    }
}
