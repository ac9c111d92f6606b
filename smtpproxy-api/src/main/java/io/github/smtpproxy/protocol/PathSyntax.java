package io.github.smtpproxy.protocol;

/**
 * Splits the argument of MAIL or RCPT into path and parameters as servers do in practice: spaces after the colon,
 * missing brackets and source routes are understood (RFC 5321 §4.1.1.2, Appendix C), quoted strings are respected.
 * What is understood here is what filters see; the destination is sent the same path in brackets.
 *
 * @param path between the brackets, source route included
 * @param mailbox the path without its source route
 * @param parameters what follows the path
 */
record PathSyntax(String path, String mailbox, String parameters) {

    static PathSyntax parse(String line, String verb) {
        if (!Octets.fitInLine(line)) {
            throw new IllegalArgumentException("command line must not contain CR, LF, NUL or more than octets");
        }
        String rest = afterVerb(line, verb);
        if (!rest.startsWith("<")) {
            int end = addressEnd(rest, 0);
            return of(rest.substring(0, end), rest.substring(end));
        }
        int start = routeEnd(rest);
        int end = addressEnd(rest, start);
        if (end >= rest.length() || rest.charAt(end) != '>') {
            throw new IllegalArgumentException("path without closing bracket");
        }
        PathSyntax parsed = of(rest.substring(start, end), rest.substring(end + 1));
        return new PathSyntax(rest.substring(1, end), parsed.mailbox, parsed.parameters);
    }

    /** The index after the address that starts at the given one: at an unquoted bracket or space, or the end. */
    static int addressEnd(String octets, int start) {
        boolean quoted = false;
        for (int i = start; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c < ' ' || c == 0x7F || c > 0xFF) {
                throw new IllegalArgumentException("control character in an address");
            }
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ' ' || c == '>' || c == '<')) {
                return i;
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("quoted string without end in an address");
        }
        return octets.length();
    }

    private static PathSyntax of(String path, String parameters) {
        if (!parameters.isEmpty() && parameters.charAt(0) != ' ') {
            throw new IllegalArgumentException("no space between path and parameters");
        }
        return new PathSyntax(path, path, parameters);
    }

    private static String afterVerb(String line, String verb) {
        if (!line.regionMatches(true, 0, verb, 0, verb.length())) {
            throw new IllegalArgumentException("no " + verb);
        }
        return line.substring(verb.length()).stripLeading();
    }

    // RFC 5321 Appendix C: "<@a,@b:user@c>" means user@c
    private static int routeEnd(String rest) {
        int at = 1;
        while (rest.startsWith("@", at)) {
            int end = domainEnd(rest, at + 1);
            if (end < rest.length() && rest.charAt(end) == ':') {
                return end + 1;
            }
            if (!rest.startsWith(",@", end)) {
                throw AmbiguousSyntaxException.inAddress("source route without end");
            }
            at = end + 1;
        }
        return at;
    }

    private static int domainEnd(String rest, int start) {
        int end = start;
        boolean literal = rest.startsWith("[", start);
        while (end < rest.length() && (literal || ",:> ".indexOf(rest.charAt(end)) < 0)) {
            literal &= rest.charAt(end) != ']';
            end++;
        }
        if (!Domain.isOne(rest.substring(start, end))) {
            throw AmbiguousSyntaxException.inAddress("source route without a domain");
        }
        return end;
    }
}
