package io.github.smtpproxy;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.SignDkim;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.ForeignSigner;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** How far a proxy looks into a message: each is a way of its own for it. */
enum Looking {
    /** Not at all: it streams. */
    NO_FILTER,
    /** It reads the header section, and counts. */
    LIMIT_SIZE,
    /** A filter opens the whole body. */
    OPENED_BODY,
    /** A filter opens a body that is not large. */
    OPENED_UNLESS_LARGE,
    /** It is signed if it says whom it is from. */
    SIGNED;

    private static final DkimKey KEY =
            DkimKey.of("client.test", "s1", ForeignSigner.rsa(2048).getPrivate());

    SmtpProxyBuilder in(SmtpProxyBuilder builder) {
        return switch (this) {
            case NO_FILTER -> builder;
            case LIMIT_SIZE -> builder.filter(LimitSize.to(1L << 40));
            case OPENED_BODY -> builder.filter(new OpensTheBody(Long.MAX_VALUE));
            case OPENED_UNLESS_LARGE -> builder.filter(new OpensTheBody(25 << 20));
            case SIGNED -> builder.filter(SignDkim.by((message, transaction) -> List.of(KEY)));
        };
    }

    private record OpensTheBody(long largest) implements ContentFilter {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            if (largest < Long.MAX_VALUE && !message.keepUpTo(largest)) {
                return next.proceed(message);
            }
            try (InputStream body = message.content().open()) {
                body.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return next.proceed(message);
        }
    }
}
