package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.util.ArrayList;
import java.util.List;

/** Filters that take their turn, with scanners side by side looking at the same time. */
final class ContentTogether extends Together implements ContentFilter {

    /** Those that get messages; scanners that stand side by side are one. */
    private final List<ContentFilter> readers;

    ContentTogether(List<Filter> parts) {
        super(parts);
        this.readers = grouped(parts);
    }

    private static List<ContentFilter> grouped(List<Filter> parts) {
        List<ContentFilter> readers = new ArrayList<>();
        List<Scanner> side = new ArrayList<>();
        for (Filter part : parts) {
            if (part instanceof Scanner scanner) {
                side.add(scanner);
            } else if (part instanceof ContentFilter content) {
                closeGroup(side, readers);
                readers.add(content);
            }
        }
        closeGroup(side, readers);
        return List.copyOf(readers);
    }

    private static void closeGroup(List<Scanner> side, List<ContentFilter> readers) {
        if (!side.isEmpty()) {
            readers.add(new SideBySide(List.copyOf(side)));
            side.clear();
        }
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return new Turn<>(readers, ContentFilter::data, next).proceed(message);
    }

    /** Scanners that look at the same time. */
    private record SideBySide(List<Scanner> scanners) implements ContentFilter {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return Examinations.run(scanners, message, next);
        }
    }
}
