package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.HeaderFields.Field;
import io.github.smtpproxy.protocol.Mailbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The domain of who wrote a message, as its From field names it (RFC 5322 §3.6.2). */
final class AuthorDomain {

    private final String text;
    private final List<String> addresses = new ArrayList<>();
    private final StringBuilder part = new StringBuilder();
    private boolean inBrackets;
    private int i;

    private AuthorDomain(String text) {
        this.text = text;
    }

    /** It, with A-labels; empty where there is not one From field, or its addresses cannot be read or have not one domain. */
    static Optional<String> of(HeaderFields fields) {
        List<Field> from = fields.named("from");
        if (from.size() != 1) {
            return Optional.empty();
        }
        try {
            Set<String> domains = new AuthorDomain(from.get(0).text())
                    .read().stream()
                            .map(address -> Mailbox.parse(address).asciiDomain())
                            .collect(Collectors.toSet());
            return domains.size() == 1 ? domains.stream().findFirst().filter(d -> !d.isEmpty()) : Optional.empty();
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    /** What looks like an address; what is none is found out when it is parsed. */
    private List<String> read() {
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '(' -> skipComment();
                case '"' -> quoted();
                case '<' -> open();
                case '>' -> close();
                case ',', ';' -> separate(c);
                case ':' -> endGroupName();
                default -> part.append(c);
            }
        }
        if (inBrackets) {
            throw new IllegalArgumentException("< without >");
        }
        end();
        return addresses;
    }

    private void skipComment() {
        int depth = 0;
        do {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            i += c == '\\' ? 2 : 1;
        } while (depth > 0 && i < text.length());
        i--;
        part.append(' ');
    }

    private void quoted() {
        int from = i++;
        while (i < text.length() && text.charAt(i) != '"') {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        part.append(text, from, Math.min(i + 1, text.length()));
    }

    /** What stood before it was a name. */
    private void open() {
        part.setLength(0);
        inBrackets = true;
    }

    private void close() {
        end();
        inBrackets = false;
    }

    private void separate(char c) {
        if (inBrackets) {
            part.append(c);
        } else {
            end();
        }
    }

    private void endGroupName() {
        if (inBrackets) {
            part.append(':');
        } else {
            part.setLength(0);
        }
    }

    private void end() {
        String address = TagList.strip(part.toString());
        if (!address.isEmpty() || inBrackets) {
            addresses.add(address);
        }
        part.setLength(0);
    }
}
