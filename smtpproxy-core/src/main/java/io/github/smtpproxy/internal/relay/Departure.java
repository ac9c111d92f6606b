package io.github.smtpproxy.internal.relay;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How a session that is in no transaction goes when the proxy shuts down, whatever it waits for: its client, at any point
 * of the conversation, at once; its destination or a throttle's delay soon; code of others and a client that does not
 * read not much later.
 */
final class Departure {

    /** What is about to be answered is. */
    private static final long MAY_BE_ANSWERED = Duration.ofMillis(500).toNanos();

    private static final long MAY_END = Duration.ofSeconds(5).toNanos();
    private static final long NEVER = 0;

    private final Conversation conversation;
    private final LongSupplier nanoTime;
    private volatile boolean awaitsClient;
    private volatile boolean hurried;
    private volatile long asked = NEVER;

    Departure(Conversation conversation, LongSupplier nanoTime) {
        this.conversation = conversation;
        this.nanoTime = nanoTime;
    }

    interface Wait<T> {
        T run() throws IOException;
    }

    /** Waits for the client, who may be told to go. */
    <T> T awaitClient(Wait<T> wait) throws IOException {
        awaitsClient = true;
        try {
            return wait.run();
        } finally {
            awaitsClient = false;
        }
    }

    /** Whether what it waited for was broken off. */
    boolean isHurried() {
        return hurried;
    }

    /** Asks it to go; called again and again. Any thread. */
    void ask() {
        long now = nanoTime.getAsLong();
        if (conversation.transaction().isPresent()) {
            asked = NEVER;
        } else if (awaitsClient) {
            conversation.client.expire();
        } else if (asked == NEVER) {
            asked = now;
        } else if (now - asked > MAY_END) {
            conversation.abort();
        } else if (now - asked > MAY_BE_ANSWERED) {
            hurried = true;
            conversation.hurry();
        }
    }
}
