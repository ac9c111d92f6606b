package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** Is asked about each block of a message that has arrived. */
@FunctionalInterface
public interface Arrivals {

    /**
     * Waits as long as the throttles require.
     *
     * @return why the message is refused, if it is
     */
    Optional<Reply> arrived(long octets);
}
