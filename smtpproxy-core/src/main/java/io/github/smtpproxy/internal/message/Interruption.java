package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.protocol.Reply;
import java.util.Optional;

/** What may come between a message and its end, although all of it has arrived and the filters let it pass. */
public interface Interruption {

    /** Why nothing more of it goes to the destination after a delay: its time is over. */
    Optional<Reply> late();

    /** Why the destination does not get the end of the message. */
    Optional<Reply> beforeEnd();

    /** Whether both connections were closed on purpose: nobody gets a reply. */
    boolean isHungUp();
}
