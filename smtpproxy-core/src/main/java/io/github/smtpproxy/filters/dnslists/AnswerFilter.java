package io.github.smtpproxy.filters.dnslists;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which answers of a list count, in the syntax of Postfix's postscreen_dnsbl_sites: an address whose parts are numbers, or
 * {@code [a;b;c..d]}. Immutable.
 */
final class AnswerFilter {

    private static final Pattern PART = Pattern.compile("(\\d{1,3})|\\[([\\d.;]{1,200})\\]");
    private static final Pattern RANGE = Pattern.compile("(\\d{1,3})(?:\\.\\.(\\d{1,3}))?");

    private final List<BitSet> parts;
    private final String text;

    private AnswerFilter(List<BitSet> parts, String text) {
        this.parts = parts;
        this.text = text;
    }

    static AnswerFilter parse(String text) {
        List<BitSet> parts = new ArrayList<>();
        Matcher m = PART.matcher(text);
        int at = 0;
        while (parts.size() < 4 && m.find(at) && m.start() == at) {
            parts.add(m.group(1) == null ? list(m.group(2), text) : range(m.group(1), text));
            at = m.end();
            if (parts.size() < 4) {
                if (at >= text.length() || text.charAt(at) != '.') {
                    throw bad(text);
                }
                at++;
            }
        }
        if (parts.size() != 4 || at != text.length()) {
            throw bad(text);
        }
        return new AnswerFilter(parts, text);
    }

    private static BitSet list(String ranges, String text) {
        BitSet all = new BitSet(256);
        for (String range : ranges.split(";", -1)) {
            all.or(range(range, text));
        }
        return all;
    }

    private static BitSet range(String range, String text) {
        Matcher m = RANGE.matcher(range);
        if (!m.matches()) {
            throw bad(text);
        }
        int from = Integer.parseInt(m.group(1));
        int to = m.group(2) == null ? from : Integer.parseInt(m.group(2));
        if (from > to || to > 255) {
            throw bad(text);
        }
        BitSet numbers = new BitSet(256);
        numbers.set(from, to + 1);
        return numbers;
    }

    private static IllegalArgumentException bad(String text) {
        return new IllegalArgumentException(
                "filter of a DNS list must be like 127.0.0.2 or 127.0.[0..1].[2;4..7], was \"" + text + "\"");
    }

    /** @param address a dotted quad */
    boolean matches(String address) {
        String[] numbers = address.split("\\.");
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).get(Integer.parseInt(numbers[i]))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
