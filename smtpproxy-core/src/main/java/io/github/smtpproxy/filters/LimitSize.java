package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;

/**
 * Refuses messages over a size with {@code 552 5.3.4}: at MAIL by the size that the client declares, else when the
 * message turns out to be larger. EHLO offers the smaller of this limit and the destination's (RFC 1870).
 */
public final class LimitSize implements ContentFilter {

    private final long octets;

    private LimitSize(long octets) {
        this.octets = octets;
    }

    /**
     * Refuses messages of more octets.
     *
     * @param octets header section and body together; at least 1
     */
    public static LimitSize to(long octets) {
        if (octets < 1) {
            throw new IllegalArgumentException("octets must be at least 1, was " + octets);
        }
        return new LimitSize(octets);
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        Reply reply = next.proceed(hello);
        Extensions offered = Extensions.of(reply);
        if (!offered.has("SIZE")) {
            return reply;
        }
        long smaller = Math.min(octets, offered.size().orElse(Long.MAX_VALUE));
        return offered.replace("SIZE " + smaller)
                .toReply(reply.wireLines().get(0).substring(4));
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        boolean tooBig = mail.size().filter(size -> size > octets).isPresent();
        return tooBig ? Reply.refusal(552, "5.3.4", "Message is too big") : next.proceed(mail);
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return next.proceed(message.atMost(octets));
    }
}
