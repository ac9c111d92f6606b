package io.github.smtpproxy.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The ESMTP parameters of MAIL or RCPT, in their order and with their raw text (RFC 5321 §4.1.2). Keywords are compared
 * without regard to case; values are never touched. Immutable.
 */
public final class Parameters {

    private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*(=[\\x21-\\x3C\\x3E-\\xFF]+)?");

    private static final Parameters NONE = new Parameters(List.of());

    private final List<String> raw;

    private Parameters(List<String> raw) {
        this.raw = raw;
    }

    /** No parameters. */
    public static Parameters none() {
        return NONE;
    }

    /**
     * Parameters as they stand on the wire.
     *
     * @param text parameters separated by spaces, one char for each octet
     * @throws AmbiguousSyntaxException if a keyword is there twice (RFC 5321 §4.1.1.11): one server takes the first, another the last
     * @throws IllegalArgumentException if one has not the form {@code KEYWORD} or {@code KEYWORD=value}
     */
    public static Parameters parse(String text) {
        Objects.requireNonNull(text, "parameters");
        if (text.isEmpty()) {
            return NONE;
        }
        List<String> raw = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            int space = text.indexOf(' ', start);
            int end = space < 0 ? text.length() : space;
            if (end > start) {
                add(require(text.substring(start, end)), raw);
            }
            start = end + 1;
        }
        return raw.isEmpty() ? NONE : new Parameters(List.copyOf(raw));
    }

    /** Whether the keyword is there, with or without a value. */
    public boolean has(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return find(keyword).isPresent();
    }

    /** The raw value of the keyword; empty where it is missing or has no value. */
    public Optional<String> value(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return find(keyword).filter(p -> p.length() > keyword.length()).map(p -> p.substring(keyword.length() + 1));
    }

    /** The keywords in their order, in upper case. */
    public List<String> keywords() {
        return raw.stream().map(Parameters::keyword).toList();
    }

    /**
     * These parameters with this one instead of the one of its keyword, at its place; where there is none, at the end.
     *
     * @param parameter {@code KEYWORD} or {@code KEYWORD=value}, the value encoded as its extension wants it
     * @throws IllegalArgumentException if it has another form
     */
    public Parameters replace(String parameter) {
        Objects.requireNonNull(parameter, "parameter");
        String keyword = keyword(require(parameter));
        List<String> changed = new ArrayList<>(raw);
        changed.replaceAll(p -> is(keyword, p) ? parameter : p);
        if (!has(keyword)) {
            changed.add(parameter);
        }
        return new Parameters(List.copyOf(changed));
    }

    /** These parameters without the one of this keyword. */
    public Parameters without(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return new Parameters(raw.stream().filter(p -> !is(keyword, p)).toList());
    }

    /** The raw text, as it stands on the wire after the path: empty, or each parameter with a space before it. */
    public String text() {
        if (raw.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        raw.forEach(p -> text.append(' ').append(p));
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Parameters p && p.raw.equals(raw);
    }

    @Override
    public int hashCode() {
        return raw.hashCode();
    }

    @Override
    public String toString() {
        return text().trim();
    }

    private static void add(String parameter, List<String> raw) {
        String keyword = keyword(parameter);
        if (raw.stream().anyMatch(p -> is(keyword, p))) {
            throw AmbiguousSyntaxException.inParameters("parameter must be there once");
        }
        raw.add(parameter);
    }

    private Optional<String> find(String keyword) {
        for (String parameter : raw) {
            if (is(keyword, parameter)) {
                return Optional.of(parameter);
            }
        }
        return Optional.empty();
    }

    private static boolean is(String keyword, String parameter) {
        return parameter.regionMatches(true, 0, keyword, 0, keyword.length())
                && (parameter.length() == keyword.length() || parameter.charAt(keyword.length()) == '=');
    }

    private static String keyword(String parameter) {
        int equals = parameter.indexOf('=');
        return (equals < 0 ? parameter : parameter.substring(0, equals)).toUpperCase(Locale.ROOT);
    }

    private static String require(String parameter) {
        // RFC 5321 §4.1.2 esmtp-param; a value may also hold "=" (RFC 3461 xtext never does, AUTH mechanisms do)
        int equals = parameter.indexOf('=');
        String shape = equals < 0
                ? parameter
                : parameter.substring(0, equals + 1)
                        + parameter.substring(equals + 1).replace('=', '+');
        if (!PARAMETER.matcher(shape).matches()) {
            throw new IllegalArgumentException("parameter must be KEYWORD or KEYWORD=value");
        }
        return parameter;
    }
}
