package io.github.smtpproxy.filters.dkim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tags and their values (RFC 6376 §3.2), to the letter: a tag that is there twice, an empty one between two semicolons or a
 * stray character makes the whole list invalid. Octets beyond US-ASCII are taken, as RFC 8616 §4 allows.
 */
final class TagList {

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*+");
    private static final int SHOWN = 20;

    private final Map<String, Tag> tags = new LinkedHashMap<>();

    /**
     * A value, and where it stands in the text with all white space around it.
     *
     * @param value without the white space
     */
    private record Tag(String value, int from, int to) {}

    /** The text is no list of tags. Its message is for people to read. */
    static final class SyntaxException extends Exception {

        private static final long serialVersionUID = 1L;

        SyntaxException(String message) {
            super(message, null, false, false);
        }
    }

    private TagList() {}

    /** @param text one char for each octet; white space includes CR and LF, which a field has where it is folded only */
    static TagList parse(String text) throws SyntaxException {
        TagList list = new TagList();
        int from = 0;
        while (from < text.length()) {
            int semicolon = text.indexOf(';', from);
            int to = semicolon < 0 ? text.length() : semicolon;
            boolean last = semicolon < 0;
            if (!last || !strip(text.substring(from, to)).isEmpty()) {
                list.add(text, from, to);
            }
            from = to + 1;
        }
        if (list.tags.isEmpty()) {
            throw new SyntaxException("no tags");
        }
        return list;
    }

    private void add(String text, int from, int to) throws SyntaxException {
        int equals = text.indexOf('=', from);
        if (equals < 0 || equals >= to) {
            throw new SyntaxException("a tag without =");
        }
        String name = strip(text.substring(from, equals));
        if (!NAME.matcher(name).matches()) {
            throw new SyntaxException("a tag with an invalid name");
        }
        String value = strip(text.substring(equals + 1, to));
        if (!value.chars().allMatch(c -> c > ' ' && c != 0x7F || isWhiteSpace(c))) {
            throw new SyntaxException("a control character in tag " + shown(name));
        }
        if (tags.put(name, new Tag(value, equals + 1, to)) != null) {
            throw new SyntaxException("tag " + shown(name) + " twice");
        }
    }

    private static String shown(String name) {
        return name.substring(0, Math.min(SHOWN, name.length()));
    }

    /** The value of a tag, without white space around it. */
    Optional<String> value(String name) {
        return Optional.ofNullable(tags.get(name)).map(Tag::value);
    }

    /** The value of a tag without any white space. */
    Optional<String> compact(String name) {
        return value(name).map(TagList::withoutSpace);
    }

    private static String withoutSpace(String value) {
        StringBuilder out = new StringBuilder(value.length());
        value.chars().filter(c -> !isWhiteSpace(c)).forEach(c -> out.append((char) c));
        return out.toString();
    }

    /** The name of the first tag. */
    String first() {
        return tags.keySet().iterator().next();
    }

    /** Where the value of a tag begins in the text, white space included; the tag is there. */
    int from(String name) {
        return tags.get(name).from;
    }

    /** Where it ends. */
    int to(String name) {
        return tags.get(name).to;
    }

    /** Without white space at both ends. */
    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isWhiteSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && isWhiteSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isWhiteSpace(int c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }
}
