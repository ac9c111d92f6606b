package io.github.smtpproxy.session;

import java.util.Optional;

/** Values that filters, routers and throttles keep with a session or a transaction. Used on the session's own thread only. */
public interface Attributes {

    /** The attribute of this key, if it was set. */
    <T> Optional<T> attribute(Key<T> key);

    /** Sets an attribute, in place of the one that was there. */
    <T> void attribute(Key<T> key, T value);
}
