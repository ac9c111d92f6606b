package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What the session decides about a message while it passes: throttles, the time of the transaction, faults on purpose. */
public interface MessageControl extends Arrivals {

    /** Waits as long as the throttles require before octets are sent; whether it had to. */
    boolean send(long octets);

    /** Why nothing more of it goes to the destination after a delay: its time is over. */
    Optional<Reply> late();

    /** Why the destination does not get the end of the message, although all of it has arrived and the filters let it pass. */
    Optional<Reply> beforeEnd();

    /** Whether both connections were closed on purpose: nobody gets a reply. */
    boolean isHungUp();
}
