package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands a copy of each message that the destination accepted to the host program, for a journal or a test. What the host
 * program does with it, or fails to do, changes nothing for the client, who waits for it however. Immutable: each setting
 * makes another filter.
 *
 * <p>It is the message as this filter got it; those behind it in the order may have changed it after that.
 */
public final class CopyTo implements ContentFilter {

    private static final Logger log = LoggerFactory.getLogger(CopyTo.class);
    private static final long LARGEST = 25L << 20;

    private final Consumer<Message> consumer;
    private final long largest;

    private CopyTo(Consumer<Message> consumer, long largest) {
        this.consumer = consumer;
        this.largest = largest;
    }

    /**
     * Hands over copies of up to 25 MiB; larger messages pass without one, and a line in the log.
     *
     * @param consumer called on the session's thread, after the destination's reply; the body can be opened until it returns
     */
    public static CopyTo consumer(Consumer<Message> consumer) {
        Objects.requireNonNull(consumer, "consumer");
        return new CopyTo(consumer, LARGEST);
    }

    /**
     * This with another bound.
     *
     * @param octets of the whole message, 1 and up
     */
    public CopyTo largest(long octets) {
        if (octets < 1) {
            throw new IllegalArgumentException("largest must be at least 1 octet, was " + octets);
        }
        return new CopyTo(consumer, octets);
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        boolean kept = message.keepUpTo(largest);
        Reply reply = next.proceed(message);
        if (reply.isPositive() && kept) {
            hand(message, next.transaction().id());
        } else if (reply.isPositive()) {
            log.warn(
                    "{}: no copy of the message, it has more than {} octets",
                    next.transaction().id(),
                    largest);
        }
        return reply;
    }

    private void hand(Message message, String id) {
        try {
            consumer.accept(message);
        } catch (RuntimeException | LinkageError e) {
            log.error("{}: the consumer of copies failed; the message is delivered", id, e);
        }
    }
}
