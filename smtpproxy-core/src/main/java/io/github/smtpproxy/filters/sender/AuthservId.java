package io.github.smtpproxy.filters.sender;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who claims to have written an Authentication-Results field (RFC 8601 §2.2). */
final class AuthservId {

    /** A value, which may be quoted, and what may follow it: a version. Visible US-ASCII: readers drop other characters. */
    private static final Pattern CLAIM = Pattern.compile(
            "[ \\t]*(?:\"((?:[ !#-\\[\\]-~]|\\\\[ -~]){0,1000})\"|([!#-'*+.0-9A-Z^-~-]{1,1000}))[ \\t]*(?:\\d{1,9}[ \\t]*)?;?");

    private AuthservId() {}

    /**
     * Its name, without comments, quotes and a dot at its end; empty where nobody can tell.
     *
     * @param value of the field
     */
    static Optional<String> of(String value) {
        Matcher claim = CLAIM.matcher(withoutComments(value));
        if (!claim.matches()) {
            return Optional.empty();
        }
        String name = claim.group(1) == null ? claim.group(2) : claim.group(1).replaceAll("\\\\(.)", "$1");
        String plain = name.strip();
        return Optional.of(plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain);
    }

    /** Comments become spaces; one without an end stays, so that the claim cannot be read. */
    private static String withoutComments(String value) {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == ';' && depth == 0 && !quoted) {
                return text.append(';').toString(); // what follows is no part of the claim
            }
            if (c == '\\' && i + 1 < value.length()) {
                text.append(depth > 0 ? "" : value.substring(i, i + 2));
                i++;
            } else if (c == '"' && depth == 0) {
                quoted = !quoted;
                text.append(c);
            } else if (!quoted && c == '(') {
                depth++;
            } else if (!quoted && c == ')' && depth > 0) {
                depth--;
                text.append(' ');
            } else if (depth == 0) {
                text.append(c);
            }
        }
        return depth > 0 ? "(" : text.toString();
    }
}
