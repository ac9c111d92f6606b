package io.github.smtpproxy.protocol;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The extensions of an EHLO reply: keywords with their parameters, in order, with their raw text (RFC 5321 §4.1.1.1).
 * Keywords are compared without regard to case; the first line with a keyword counts, and of AUTH the mechanisms of all
 * lines. Immutable.
 */
public final class Extensions {

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,20}");
    private static final Pattern EHLO_LINE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*([ =][ -~]*)?");
    private static final Extensions NONE = new Extensions(Map.of());

    private final Map<String, String> lines;

    private Extensions(Map<String, String> lines) {
        this.lines = lines;
    }

    /** No extensions, as after HELO. */
    public static Extensions none() {
        return NONE;
    }

    /**
     * The extensions that a reply to EHLO lists; none for a refusal, or a reply of one line. A line that is no ehlo-line
     * (RFC 5321 §4.1.1.1) lists none.
     */
    public static Extensions of(Reply reply) {
        Objects.requireNonNull(reply, "reply");
        if (!reply.isPositive()) {
            return NONE;
        }
        Map<String, String> lines = new LinkedHashMap<>();
        List<String> wire = reply.wireLines();
        for (String line : wire.subList(1, wire.size())) {
            String text = line.length() > 4 ? line.substring(4).strip() : "";
            if (EHLO_LINE.matcher(text).matches()) {
                lines.merge(keyword(text), text, Extensions::both);
            }
        }
        return new Extensions(lines);
    }

    /** Extensions from their lines, such as {@code "SIZE 1000"}. */
    public static Extensions of(Collection<String> texts) {
        Objects.requireNonNull(texts, "extensions");
        Map<String, String> lines = new LinkedHashMap<>();
        texts.forEach(l -> lines.merge(keyword(l), l, Extensions::both));
        return new Extensions(lines);
    }

    /** Whether the keyword is offered. */
    public boolean has(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return lines.containsKey(keyword.toUpperCase(Locale.ROOT));
    }

    /** The raw text after the keyword; empty where it is missing or has no parameters. */
    public Optional<String> parameters(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return Optional.ofNullable(lines.get(keyword.toUpperCase(Locale.ROOT)))
                .filter(l -> l.length() > keyword.length())
                .map(l -> l.substring(keyword.length()).strip());
    }

    /** The largest message in octets that is taken (RFC 1870); empty where no limit is stated. */
    public Optional<Long> size() {
        return parameters("SIZE")
                .filter(v -> SIZE.matcher(v).matches())
                .map(v -> v.length() > 18 ? Long.MAX_VALUE : Long.parseLong(v))
                .filter(v -> v > 0);
    }

    /** The keywords in order, in upper case. */
    public List<String> keywords() {
        return List.copyOf(lines.keySet());
    }

    /** The lines in order, as they stand in the reply behind its code. */
    public List<String> lines() {
        return List.copyOf(lines.values());
    }

    /** These without the one of this keyword. */
    public Extensions without(String keyword) {
        Objects.requireNonNull(keyword, "keyword");
        return keep(k -> !k.equalsIgnoreCase(keyword));
    }

    /** Those whose keyword, in upper case, passes. */
    public Extensions keep(Predicate<String> keyword) {
        Objects.requireNonNull(keyword, "keyword");
        Map<String, String> kept = new LinkedHashMap<>(lines);
        kept.keySet().removeIf(k -> !keyword.test(k));
        return new Extensions(kept);
    }

    /** These with this one instead of the one of its keyword, at its place; where there is none, at the end. */
    public Extensions replace(String line) {
        Objects.requireNonNull(line, "line");
        Map<String, String> changed = new LinkedHashMap<>(lines);
        changed.put(keyword(line), line);
        return new Extensions(changed);
    }

    /**
     * What both offer: keywords that stand in both, with the smaller SIZE. Other parameters must be the same word for
     * word, or the extension is left out: a client may rely on each of them.
     */
    public Extensions intersect(Extensions other) {
        Objects.requireNonNull(other, "extensions");
        Map<String, String> common = new LinkedHashMap<>();
        for (Map.Entry<String, String> line : lines.entrySet()) {
            if (line.getKey().equals("SIZE") && other.has("SIZE")) {
                common.put("SIZE", smallerSize(this, other));
            } else if (line.getValue().equalsIgnoreCase(other.lines.get(line.getKey()))) {
                common.put(line.getKey(), line.getValue());
            }
        }
        return new Extensions(common);
    }

    /**
     * The reply to EHLO that offers these.
     *
     * @param greeting the first line's text: who answers
     */
    public Reply toReply(String greeting) {
        Objects.requireNonNull(greeting, "greeting");
        List<String> wire = new ArrayList<>(lines.size() + 1);
        wire.add((lines.isEmpty() ? "250 " : "250-") + greeting);
        for (String line : lines.values()) {
            wire.add((wire.size() == lines.size() ? "250 " : "250-") + line);
        }
        return Reply.parse(wire);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Extensions extensions && extensions.lines.equals(lines);
    }

    @Override
    public int hashCode() {
        return lines.hashCode();
    }

    @Override
    public String toString() {
        return lines.values().toString();
    }

    private static String smallerSize(Extensions a, Extensions b) {
        long smaller = Math.min(a.size().orElse(Long.MAX_VALUE), b.size().orElse(Long.MAX_VALUE));
        return smaller == Long.MAX_VALUE ? "SIZE" : "SIZE " + smaller;
    }

    /** A keyword counts once, but there are servers that name each mechanism of AUTH in a line of its own. */
    private static String both(String first, String second) {
        String keyword = keyword(first);
        if (!keyword.equals("AUTH") && !keyword.equals("AUTH=")) {
            return first;
        }
        Set<String> mechanisms = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        String all = Stream.of(first, second)
                .flatMap(line ->
                        Stream.of(line.substring(keyword.length()).strip().split(" +")))
                .filter(name -> !name.isEmpty() && mechanisms.add(name))
                .collect(Collectors.joining(" "));
        return keyword + (keyword.endsWith("=") ? all : " " + all).stripTrailing();
    }

    // "AUTH=PLAIN" is the old spelling of "AUTH PLAIN"; it counts as a keyword of its own
    private static String keyword(String line) {
        Objects.requireNonNull(line, "extension");
        int end = 0;
        while (end < line.length() && line.charAt(end) != ' ' && line.charAt(end) != '=') {
            end++;
        }
        boolean old = end < line.length() && line.charAt(end) == '=';
        return line.substring(0, old ? end + 1 : end).toUpperCase(Locale.ROOT);
    }
}
