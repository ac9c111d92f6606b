package io.github.smtpproxy.filters.hook;

import java.util.Locale;

/** When a hook is asked. */
public enum HookStage {
    /** The client has connected and has no greeting yet. */
    CONNECT,
    /** At EHLO or HELO. */
    EHLO,
    /** At MAIL. */
    MAIL,
    /** At each RCPT. */
    RCPT,
    /** At the end of the message, which the hook gets. */
    DATA;

    /** In lower case, as it is sent to a hook. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
