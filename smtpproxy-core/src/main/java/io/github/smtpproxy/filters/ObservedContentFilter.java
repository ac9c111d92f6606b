package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;

/** A content filter that does not decide. */
final class ObservedContentFilter extends ObservedFilter implements ContentFilter {

    private final ContentFilter filter;

    ObservedContentFilter(ContentFilter filter) {
        super(filter);
        this.filter = filter;
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return within(new ObservedChain<>(message, next), "DATA", link -> filter.data(message, link));
    }
}
