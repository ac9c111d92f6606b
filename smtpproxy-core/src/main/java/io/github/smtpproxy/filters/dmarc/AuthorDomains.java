package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.Mailbox;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The domains that the From fields of a message name (RFC 5322 §3.6.2): all that any reader may take for the author's,
 * wherever an {@code @} stands outside of quotes and comments. So nobody hides one in a second field, a group, a route, a
 * display name without quotes, or between comments. Immutable.
 *
 * @param domains in ASCII and lower case, as A-labels; at most {@link #MAX}
 * @param flaw what is wrong; empty if nothing is
 */
record AuthorDomains(List<String> domains, String flaw) {

    static final int MAX = 5;

    private static final int MAX_VALUE = 10_000;

    static AuthorDomains of(Headers headers) {
        if (hasBareReturn(headers.toBytes())) {
            return bad("a bare CR in the header section");
        }
        List<String> fields = headers.all("From");
        Set<String> domains = new LinkedHashSet<>();
        if (fields.isEmpty()) {
            return bad("no From field");
        }
        for (String field : fields) {
            Optional<String> flaw = field.length() > MAX_VALUE
                    ? Optional.of("a From field of " + field.length() + " octets")
                    : new Reader(field).readTo(domains);
            if (flaw.isPresent()) {
                return bad(flaw.get());
            }
            if (domains.size() > MAX) {
                return bad("more than " + MAX + " domains in From");
            }
        }
        return domains.isEmpty() ? bad("no domain in From") : new AuthorDomains(List.copyOf(domains), "");
    }

    /** To some readers another field begins behind it. */
    private static boolean hasBareReturn(byte[] section) {
        for (int i = 0; i < section.length; i++) {
            if (section[i] == '\r' && (i + 1 == section.length || section[i + 1] != '\n')) {
                return true;
            }
        }
        return false;
    }

    private static AuthorDomains bad(String flaw) {
        return new AuthorDomains(List.of(), flaw);
    }

    /** Reads a field from its left to its right. */
    private static final class Reader {

        private static final String SPECIALS = "()<>[]:;@\\,\"";

        private final String field;
        private int at;
        /** Until a quoted string or a comment has no end. */
        private boolean whole = true;

        Reader(String field) {
            this.field = field;
        }

        /** @return what is wrong, if anything is */
        Optional<String> readTo(Set<String> domains) {
            if (field.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7F)) {
                return Optional.of("control characters in From");
            }
            while (at < field.length() && whole) {
                if (field.charAt(at) != '@') {
                    skip();
                    continue;
                }
                at++;
                boolean word = isWord();
                Optional<String> domain = domain();
                if (domain.isEmpty() && !word) {
                    return Optional.of("an @ in From without a domain");
                }
                domain.ifPresent(domains::add);
            }
            return whole ? Optional.empty() : Optional.of("From ends in the middle");
        }

        /** Whether an {@code @} stands alone in a display name: white space follows, and nothing with a dot in it. */
        private boolean isWord() {
            int end = at;
            while (end < field.length() && "<,;\"".indexOf(field.charAt(end)) < 0) {
                end++;
            }
            boolean spaced = at < field.length() && " \t".indexOf(field.charAt(at)) >= 0;
            return spaced && field.substring(at, end).indexOf('.') < 0;
        }

        /** Skips a quoted string, a comment or a character. */
        private void skip() {
            switch (field.charAt(at)) {
                case '"' -> skipQuoted();
                case '(' -> skipComment();
                default -> at++;
            }
        }

        private void skipQuoted() {
            for (at++; at < field.length(); at++) {
                if (field.charAt(at) == '\\') {
                    at++;
                } else if (field.charAt(at) == '"') {
                    at++;
                    return;
                }
            }
            whole = false;
        }

        private void skipComment() {
            int depth = 0;
            for (; at < field.length(); at++) {
                switch (field.charAt(at)) {
                    case '\\' -> at++;
                    case '(' -> depth++;
                    case ')' -> depth--;
                    default -> {
                        // part of the comment
                    }
                }
                if (depth == 0) {
                    at++;
                    return;
                }
            }
            whole = false;
        }

        /** What follows an {@code @}, with white space and comments around its dots as RFC 5322 §4.4 lets them be. */
        private Optional<String> domain() {
            StringBuilder name = new StringBuilder();
            boolean joined = true;
            for (skipSpace(); at < field.length() && SPECIALS.indexOf(field.charAt(at)) < 0; skipSpace()) {
                boolean dot = field.charAt(at) == '.';
                if (!dot && !joined) {
                    break; // a word of its own
                }
                int start = at;
                while (at < field.length() && isOfAtom(field.charAt(at)) && !dot) {
                    at++;
                }
                at = dot ? start + 1 : at;
                name.append(field, start, at);
                joined = dot;
            }
            boolean goesOn = at < field.length() && "\"[\\".indexOf(field.charAt(at)) >= 0;
            return goesOn ? Optional.empty() : comparable(name.toString());
        }

        private void skipSpace() {
            while (at < field.length() && " \t(".indexOf(field.charAt(at)) >= 0) {
                skip();
            }
        }

        private static boolean isOfAtom(char c) {
            return c != ' ' && c != '\t' && c != '.' && SPECIALS.indexOf(c) < 0;
        }

        private static Optional<String> comparable(String octets) {
            String name = octets.endsWith(".") ? octets.substring(0, octets.length() - 1) : octets;
            try {
                return Optional.of(Mailbox.parse("x@" + name).asciiDomain()).filter(HostName::isValid);
            } catch (IllegalArgumentException noDomain) {
                return Optional.empty();
            }
        }
    }
}
