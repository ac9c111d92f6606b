package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Key;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** The code of the page on filters. */
final class Filters {

    private Filters() {}

    // snippet: reject-recipient
    /** Accepts mail for a closed list from logged-in clients only. */
    record ClosedList(String address) implements Filter {

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            boolean closed = rcpt.recipient().toString().equalsIgnoreCase(address);
            return closed && !next.session().authenticated()
                    ? Reply.reject("5.7.1", "Closed list")
                    : next.proceed(rcpt);
        }
    }
    // end

    static void observe(SmtpProxyBuilder builder) {
        // snippet: observe
        builder.filter(Observe.only(new ClosedList("board@example.org")));
        // end
    }

    record Scan(Predicate<InputStream> isClean) implements ContentFilter {
        // snippet: keep
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            boolean clean = !message.keepUpTo(25 << 20) || isClean.test(message.open());
            return clean ? next.proceed(message) : Reply.reject("5.7.1", "Message rejected");
        }
        // end
    }

    static final class Footer implements ContentFilter {
        // snippet: footer
        private static final byte[] FOOTER = "\r\n-- \r\nSent by example.org\r\n".getBytes(StandardCharsets.US_ASCII);

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            InputStream footer = new ByteArrayInputStream(FOOTER);
            return next.proceed(message.withHeaders(message.headers().prepend("X-Footer", "yes"))
                    .withContent(() -> new SequenceInputStream(message.content().open(), footer)));
        }
        // end
    }

    static final class Archive implements ContentFilter {
        // snippet: envelope
        private static final Mailbox ARCHIVE = Mailbox.parse("archive@example.org");

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            boolean invoice =
                    message.headers().firstDecoded("Subject").orElse("").startsWith("Invoice");
            return next.proceed(invoice ? message.withRecipient(RcptTo.of(ARCHIVE)) : message);
        }
        // end
    }

    static final class Quarantine implements ContentFilter {
        // snippet: quarantine
        private static final Destination QUARANTINE = Destination.at("quarantine.example.org", 25);

        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            boolean suspicious = message.headers().first("X-Spam").isPresent();
            return next.proceed(suspicious ? message.routedTo(QUARANTINE) : message);
        }
        // end
    }

    static final class Counting implements Filter {
        // snippet: attributes
        private static final Key<Integer> REJECTED = Key.of("rejected", Integer.class);

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            Reply reply = next.proceed(rcpt);
            if (reply.isRefusal()) { // waits for the destination's reply
                int before = next.session().attribute(REJECTED).orElse(0);
                next.session().attribute(REJECTED, before + 1);
            }
            return reply;
        }
        // end
    }
}
