package io.github.smtpproxy.filters.hook;

import java.util.Locale;

/** What a hook wants done, the mildest first. */
public enum HookAction {
    /** Nothing: it goes on, perhaps changed, and the destination decides. */
    ACCEPT,
    /** The message is marked, or goes elsewhere. */
    QUARANTINE,
    /** The message is to be lost without a word; see {@link AskHook#onDiscard}. */
    DISCARD,
    /** It is refused. */
    REJECT;

    /** In lower case, as a hook sends it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
