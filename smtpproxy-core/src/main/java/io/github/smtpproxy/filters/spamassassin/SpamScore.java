package io.github.smtpproxy.filters.spamassassin;

import io.github.smtpproxy.service.Printable;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What SpamAssassin found. Immutable.
 *
 * @param spam whether the score reaches its threshold
 * @param score may be negative
 * @param threshold SpamAssassin's {@code required_score}
 * @param tests the names of the tests that hit, 500 at most
 */
public record SpamScore(boolean spam, double score, double threshold, List<String> tests) {

    private static final int MAX_TESTS = 500;
    private static final Pattern TESTS = Pattern.compile("\\btests=([A-Za-z0-9_, \\t]*)");

    /** Keeps a copy of the list. */
    public SpamScore {
        Objects.requireNonNull(tests, "tests");
        tests = List.copyOf(tests);
    }

    static SpamScore of(SpamdReply reply) {
        String status = reply.headers().first("X-Spam-Status").orElse("");
        Matcher m = TESTS.matcher(status);
        List<String> tests = m.find() ? names(m.group(1)) : List.of();
        return new SpamScore(reply.spam(), reply.score(), reply.threshold(), tests);
    }

    /** {@code tests=A,B autolearn=no}: the next word of the status is cut off by its {@code =}. */
    private static List<String> names(String list) {
        return Stream.of(list.split("[, \\t]+"))
                .filter(name -> name.matches("[A-Z0-9_]+"))
                .map(Printable::of)
                .limit(MAX_TESTS)
                .toList();
    }
}
