package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Changes the header section of messages. The body streams through. */
public final class ChangeHeaders implements ContentFilter {

    private static final String SUBJECT = "Subject";
    private static final Headers NONE = Headers.parse(new byte[0]);

    private final UnaryOperator<Headers> change;

    private ChangeHeaders(UnaryOperator<Headers> change) {
        this.change = change;
    }

    /** Changes what this function changes; it runs on the session's thread. */
    public static ChangeHeaders by(UnaryOperator<Headers> change) {
        Objects.requireNonNull(change, "change");
        return new ChangeHeaders(change);
    }

    /**
     * Puts a field before all others, whether the message has one of its name or not.
     *
     * @param name printable US-ASCII without spaces and colons
     * @param value one line; encoded where it has other characters than US-ASCII (RFC 2047)
     */
    public static ChangeHeaders add(String name, String value) {
        String encoded = checked(name, value);
        return by(headers -> headers.prepend(name, encoded));
    }

    /** Puts a field in place of all of its name; at the end where there is none. Parameters as {@link #add} has them. */
    public static ChangeHeaders replace(String name, String value) {
        String encoded = checked(name, value);
        return by(headers -> headers.replace(name, encoded));
    }

    /** Removes all fields of a name. */
    public static ChangeHeaders remove(String name) {
        checked(name, "");
        return by(headers -> headers.without(name));
    }

    /**
     * Rewrites the subject. The function gets it decoded (RFC 2047), empty where there is none, and its result is encoded
     * where that has to be. A subject that it returns as it got it stays as it is, octet for octet.
     */
    public static ChangeHeaders subject(UnaryOperator<String> rewriting) {
        Objects.requireNonNull(rewriting, "rewriting");
        return by(headers -> {
            String subject = headers.firstDecoded(SUBJECT).orElse("");
            String rewritten = rewriting.apply(subject);
            return rewritten.equals(subject) ? headers : headers.replace(SUBJECT, EncodedText.of(rewritten));
        });
    }

    private static String checked(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        if (value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7F)) {
            throw new IllegalArgumentException("value of " + name + " must not have control characters");
        }
        String encoded = EncodedText.of(value);
        NONE.prepend(name, encoded);
        return encoded;
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return next.proceed(message.withHeaders(change.apply(message.headers())));
    }
}
