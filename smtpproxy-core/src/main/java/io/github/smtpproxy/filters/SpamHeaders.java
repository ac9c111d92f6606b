package io.github.smtpproxy.filters;

import io.github.smtpproxy.message.Headers;
import java.util.Locale;
import java.util.Objects;

/** What earlier servers, or the sender, wrote about spam: whoever reads a message must not take it for ours. */
public final class SpamHeaders {

    private static final String SPAM = "x-spam-";
    private static final String FLAG = "x-spam";
    private static final String OLD = "X-Old-Spam";

    private SpamHeaders() {}

    /** These with {@code X-Spam} and {@code X-Spam-*} renamed to {@code X-Old-Spam} and {@code X-Old-Spam-*}. */
    public static Headers renameOld(Headers headers) {
        Objects.requireNonNull(headers, "headers");
        return headers.renamed(name -> isOfSpam(name) ? OLD + name.substring(FLAG.length()) : name);
    }

    private static boolean isOfSpam(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.equals(FLAG) || lower.startsWith(SPAM);
    }
}
