package io.github.smtpproxy.differential;

import io.github.smtpproxy.differential.Rule.Kind;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The short list of what may differ, each with its reason. What is not on it fails the test. */
final class AllowedDifferences {

    private static final List<String> LOST = List.of("421 4.4.2 Connection to destination lost");

    private static final List<String> BYE = List.of("221 2.0.0 Bye");

    private static final List<String> NOT_SMTP = List.of("421 4.7.0 This is SMTP");

    private static final List<String> NO_BDAT = List.of("502 5.5.1 Command not implemented");

    private static final Set<List<String>> BARE_REFUSED = Set.of(
            List.of("550 5.5.2 Message with a CR or LF that stands alone"), List.of("500 5.5.2 Lines end in CRLF"));

    private static final Set<List<String>> OUR_STARTTLS = Set.of(
            List.of("220 2.0.0 Ready to start TLS"),
            List.of("501 5.5.4 Syntax error in parameters"),
            List.of("503 5.5.1 TLS is active already"));

    private static final Pattern EXIM_REFUSED = Pattern.compile(
            "(?i)BDAT [1-9].*(503 BDAT command used when CHUNKING|503 only RSET accepted|552 Message size exceeds).*");

    private static final List<Rule> RULES = List.of(
            words("queue ids", "Each message has its own.", "(queued as |OK id=)[\\w-]+", "$1ID"),
            words(
                    "times",
                    "Exim's greeting contains one.",
                    "\\w{3}, \\d+ \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}",
                    "TIME"),
            new Rule(
                    Kind.MOMENT,
                    "challenges",
                    "SASL challenges contain the server's nonce, and so do the signatures made with it.",
                    (exchange, opposite, proxied) -> exchange.reply().stream()
                            .map(AllowedDifferences::withoutNonce)
                            .toList()),
            words(
                    "octets in replies to BDAT",
                    "The servers count our Received field (RFC 5321 §4.4) too.",
                    "(Ok: |250[ -] ?|total )\\d+( bytes| byte chunk received| byte chunk,|$)",
                    "$1N$2"),
            new Rule(
                    Kind.PROXY,
                    "control characters in replies",
                    "RFC 5321 §4.2 allows none but the tab; the proxy replaces them with spaces.",
                    (exchange, opposite, proxied) -> exchange.reply().stream()
                            .map(line -> line.replaceAll("[\\x00-\\x08\\x0B-\\x1F\\x7F]", " "))
                            .toList()),
            hidden("STARTTLS", "TLS ends at the proxy; each side has a policy of its own.", "STARTTLS"),
            hidden("ETRN", "It starts a queue run for the client's domain, which has no meaning on a proxy.", "ETRN"),
            hidden(
                    "XCLIENT and XFORWARD",
                    "The proxy offers them only to the peers that it trusts.",
                    "XCLIENT|XFORWARD"),
            new Rule(
                    Kind.PROXY,
                    "plaintext after STARTTLS, with Exim",
                    "Exim then answers every command with 554; the proxy discards that text (RFC 3207 §4.2).",
                    (exchange, opposite, proxied) ->
                            (proxied ? opposite : exchange).reply().equals(List.of("554 Security failure"))
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            ours(
                    "commands that are not relayed",
                    "TURN, ETRN, ATRN, XCLIENT, XFORWARD and PROXY are about the peer; BURL, SOML, SAML and SEND would"
                            + " bypass filters.",
                    "(ETRN|TURN|ATRN|BURL|XCLIENT|XFORWARD|PROXY|SOML|SAML|SEND)( .*)?",
                    "502 5.5.1 Command not implemented"),
            ours(
                    "verbs that only resemble a mail verb, or follow white space",
                    "A server that compares four letters only, or skips the space, would run them without any filter.",
                    ".*",
                    "500 5.5.1 Command not recognized"),
            ours(
                    "recipients that cannot be parsed",
                    "The server could accept one, and no filter would have seen it.",
                    "RCPT.*",
                    "501 5.5.4 Syntax error in parameters"),
            ours(
                    "senders that only the server can parse",
                    "No filter could have seen them; the proxy sends RSET.",
                    "MAIL.*",
                    "501 5.5.4 Syntax error in parameters"),
            ours(
                    "ambiguous senders",
                    "What is no address of RFC 5321, or has no domain, is read differently by each server.",
                    "MAIL.*",
                    "501 5.1.7 Bad sender address syntax"),
            ours(
                    "ambiguous recipients",
                    "What is no address of RFC 5321, or has no domain, is read differently by each server.",
                    "RCPT.*",
                    "501 5.1.3 Bad recipient address syntax"),
            new Rule(
                    Kind.PROXY,
                    "parameters of extensions that are not offered",
                    "The proxy rejects them itself; each server has its own text for that.",
                    (exchange, opposite, proxied) -> {
                        String ours = (proxied ? exchange : opposite).reply().get(0);
                        String theirs = (proxied ? opposite : exchange).reply().get(0);
                        return !ours.startsWith("555 5.5.4 Unsupported option: ")
                                ? exchange.reply()
                                : theirs.startsWith("5") ? Rule.OURS : Rule.THE_REST;
                    }),
            new Rule(
                    Kind.PROXY,
                    "requests of HTTP",
                    "They end the session; commands in their body are not run.",
                    (exchange, opposite, proxied) ->
                            (proxied ? exchange : opposite).reply().equals(NOT_SMTP)
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            ours(
                    "DATA with an argument",
                    "RFC 5321 §4.1.1.4 has none; a server that accepts it would wait for a message.",
                    "DATA .*",
                    "501 5.5.4 Syntax error in parameters"),
            new Rule(
                    Kind.PROXY,
                    "BDAT with an argument that cannot be parsed",
                    "The proxy sends BDAT alone, so that no server expects a chunk.",
                    AllowedDifferences::unreadableChunk),
            new Rule(
                    Kind.PROXY,
                    "BDAT where CHUNKING is not offered",
                    "The proxy reads and discards the chunk; a server without BDAT would run it as commands.",
                    (exchange, opposite, proxied) -> exchange.command()
                                            .toUpperCase(Locale.ROOT)
                                            .startsWith("BDAT")
                                    && (proxied ? exchange : opposite).reply().equals(NO_BDAT)
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "commands after a last chunk without a recipient",
                    "RFC 3030 §2 leaves it open: for Postfix and the proxy the transaction is over, for Exim it is"
                            + " not.",
                    (exchange, opposite, proxied) -> (proxied ? exchange : opposite)
                                            .reply()
                                            .equals(List.of("503 sender not yet given"))
                                    && (proxied ? opposite : exchange).reply().equals(List.of("250 Accepted"))
                            ? Rule.THE_REST
                            : exchange.reply()),
            words(
                    "HELP of Exim",
                    "It lists STARTTLS, or not, by the state of TLS between proxy and server.",
                    "^(214 .*) STARTTLS",
                    "$1"),
            new Rule(
                    Kind.PROXY,
                    "bare CR or LF",
                    "RFC 5321 §2.3.8 forbids it; the proxy rejects it, whatever the server does.",
                    (exchange, opposite, proxied) -> exchange.command().endsWith(Step.Say.BARE)
                                    && BARE_REFUSED.contains((proxied ? exchange : opposite).reply())
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "a server that closes without a reply",
                    "The proxy sends 421 to the client (RFC 5321 §3.8).",
                    (exchange, opposite, proxied) ->
                            exchange.reply().equals(Exchange.CLOSED) || proxied && LOST.equals(exchange.reply())
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "QUIT after the server has closed",
                    "The client's session is still open; the proxy answers 221 (RFC 5321 §4.1.1.10).",
                    (exchange, opposite, proxied) -> proxied
                                    && exchange.reply().equals(BYE)
                                    && opposite.reply().equals(Exchange.CLOSED)
                            ? Rule.THE_REST
                            : exchange.reply()),
            ours(
                    "commands after a sender that the proxy rejected",
                    "The server did not get that MAIL, so the proxy answers 503 itself.",
                    "(RCPT|DATA).*",
                    "503 5.5.1 Need MAIL first"),
            new Rule(
                    Kind.EHLO,
                    "SASL mechanisms with a security layer",
                    "The proxy could not read what they encrypt (RFC 4954 §4).",
                    (exchange, opposite, proxied) -> exchange.reply().stream()
                            .map(line -> line.replaceAll(" (DIGEST-MD5|GSSAPI|NTLM)(?= |$)", ""))
                            .toList()),
            ours(
                    "AUTH with a mechanism that has a security layer",
                    "It is not offered, and not relayed.",
                    "AUTH DIGEST-MD5.*",
                    "504 5.5.4 Authentication mechanism not supported"),
            new Rule(
                    Kind.PROXY,
                    "chunks that Exim rejects",
                    "Exim runs their octets as commands; the proxy discards them (RFC 3030 §2).",
                    (exchange, opposite, proxied) -> EXIM_REFUSED
                                            .matcher(exchange.command() + " "
                                                    + exchange.reply().get(0))
                                            .matches()
                                    && exchange.reply().equals(opposite.reply())
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "a 421 after 221, with Exim",
                    "Exim sends it when QUIT comes between chunks; the proxy stops reading at 221.",
                    (exchange, opposite, proxied) -> exchange.reply().equals(List.of("421 Lost incoming connection"))
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "the reply to STARTTLS",
                    "It is the proxy's own; some servers require EHLO first.",
                    AllowedDifferences::startTls));

    private AllowedDifferences() {}

    static List<Rule> rules() {
        return RULES;
    }

    private static Rule words(String name, String reason, String regex, String replacement) {
        Pattern pattern = Pattern.compile(regex);
        Kind kind = name.startsWith("octets") || name.startsWith("HELP") ? Kind.PROXY : Kind.MOMENT;
        return new Rule(
                kind,
                name,
                reason,
                (exchange, opposite, proxied) -> exchange.reply().stream()
                        .map(line -> pattern.matcher(line).replaceAll(replacement))
                        .toList());
    }

    /** These lines of EHLO. The separator of the last line marks only that it is the last. */
    private static Rule hidden(String name, String reason, String keywords) {
        Pattern pattern = Pattern.compile("250 (" + keywords + ")( .*)?", Pattern.CASE_INSENSITIVE);
        return new Rule(Kind.EHLO, name, reason, (exchange, opposite, proxied) -> {
            if (!exchange.command().toUpperCase(Locale.ROOT).startsWith("EHLO")) {
                return exchange.reply();
            }
            List<String> lines = new ArrayList<>(exchange.reply());
            lines.replaceAll(line -> line.replaceFirst("^250-", "250 "));
            lines.removeIf(line -> pattern.matcher(line).matches());
            return lines;
        });
    }

    /** Commands that the proxy itself answers so; where the server accepts them, the rest is another session. */
    private static Rule ours(String name, String reason, String commands, String reply) {
        Pattern pattern = Pattern.compile(commands, Pattern.CASE_INSENSITIVE);
        return new Rule(Kind.PROXY, name, reason, (exchange, opposite, proxied) -> {
            List<String> answer = (proxied ? exchange : opposite).reply();
            if (!pattern.matcher(exchange.command()).matches() || !answer.equals(List.of(reply))) {
                return exchange.reply();
            }
            char theirs = (proxied ? opposite : exchange).reply().get(0).charAt(0);
            return theirs == answer.get(0).charAt(0) ? Rule.OURS : Rule.THE_REST;
        });
    }

    private static List<String> unreadableChunk(Exchange exchange, Exchange opposite, boolean proxied) {
        if (!exchange.command().matches("(?i)BDAT( .*)?") || exchange.command().matches("(?i)BDAT [0-9]+( +LAST)? *")) {
            return exchange.reply();
        }
        boolean alike =
                exchange.reply().get(0).charAt(0) == opposite.reply().get(0).charAt(0);
        return alike ? Rule.OURS : Rule.THE_REST;
    }

    private static List<String> startTls(Exchange exchange, Exchange opposite, boolean proxied) {
        List<String> answer = proxied ? exchange.reply() : opposite.reply();
        List<String> theirs = proxied ? opposite.reply() : exchange.reply();
        if (!exchange.command().toUpperCase(Locale.ROOT).startsWith("STARTTLS") || !OUR_STARTTLS.contains(answer)) {
            return exchange.reply();
        }
        boolean alike = theirs.get(0).charAt(0) == answer.get(0).charAt(0);
        return alike ? List.of("(STARTTLS)") : Rule.THE_REST;
    }

    private static String withoutNonce(String line) {
        if (!line.startsWith("334 ")) {
            return line;
        }
        try {
            String challenge = new String(Base64.getDecoder().decode(line.substring(4)));
            return challenge.matches("<.*>|[rv]=.*|realm=.*") ? "334 " + challenge.substring(0, 1) : line;
        } catch (IllegalArgumentException notOne) {
            return line;
        }
    }
}
