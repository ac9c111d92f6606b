package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.util.List;
import java.util.Optional;

/**
 * A filter that looks at messages and may do so beside others: {@link Filters#together} runs several at the same time. It
 * reports what it found, and does not proceed by itself.
 */
public interface Scanner extends ContentFilter {

    /**
     * Prepares the look at a message. Called on the session's thread, the only one that may ask the transaction, and the one
     * that has to call {@link Message#keepUpTo} before another thread opens the message.
     *
     * @return empty where this message is none of its business
     */
    Optional<Examination> examine(Message message, Transaction transaction);

    @Override
    default Reply data(Message message, TransactionChain<Message> next) {
        return Examinations.run(List.of(this), message, next);
    }
}
