package io.github.smtpproxy.testing;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** Filters that look at messages, as lambdas. */
public final class ContentFilters {

    private ContentFilters() {}

    /** What is done with a message. */
    public interface Look {
        Reply at(Message message, TransactionChain<Message> next);
    }

    /** Does this with each message. */
    public static ContentFilter looking(Look look) {
        return new ContentFilter() {
            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                return look.at(message, next);
            }
        };
    }

    /** Passes each message on changed. */
    public static ContentFilter changing(UnaryOperator<Message> change) {
        return looking((message, next) -> next.proceed(change.apply(message)));
    }

    /** All of it, an octet a character. */
    public static String read(Content content) {
        try (InputStream in = content.open()) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
