package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;

/** Refuses a message that has gone through too many servers with {@code 554 5.4.6} (RFC 5321 §6.3). */
public final class StopLoops implements ContentFilter {

    private final int hops;

    private StopLoops(int hops) {
        this.hops = hops;
    }

    /**
     * Refuses messages with more Received fields.
     *
     * @param hops at least 1; RFC 5321 wants 100 or more
     */
    public static StopLoops after(int hops) {
        if (hops < 1) {
            throw new IllegalArgumentException("hops must be at least 1, was " + hops);
        }
        return new StopLoops(hops);
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return message.headers().all("Received").size() > hops
                ? Reply.refusal(554, "5.4.6", "Too many hops")
                : next.proceed(message);
    }
}
