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
                    "Exim's greeting has one.",
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
                    "The servers count what they got, our Received field (RFC 5321 §4.4) included.",
                    "(Ok: |250[ -] ?|total )\\d+( bytes| byte chunk received| byte chunk,|$)",
                    "$1N$2"),
            new Rule(
                    Kind.PROXY,
                    "control characters in replies",
                    "RFC 5321 §4.2 allows none but the tab; the proxy makes them spaces.",
                    (exchange, opposite, proxied) -> exchange.reply().stream()
                            .map(line -> line.replaceAll("[\\x00-\\x08\\x0B-\\x1F\\x7F]", " "))
                            .toList()),
            hidden("STARTTLS in EHLO", "TLS ends at the proxy, on either side by its own policy.", "STARTTLS"),
            hidden("ETRN in EHLO", "It asks for mail, and is about the client, not its mail.", "ETRN"),
            hidden("XCLIENT and XFORWARD in EHLO", "A client may not say who it is.", "XCLIENT|XFORWARD"),
            new Rule(
                    Kind.PROXY,
                    "Exim's alarm",
                    "It answers nothing else any more once something came in plaintext behind STARTTLS; the proxy"
                            + " forgets that.",
                    (exchange, opposite, proxied) ->
                            (proxied ? opposite : exchange).reply().equals(List.of("554 Security failure"))
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            ours(
                    "commands that are about the peer or would hide mail from filters",
                    "TURN, ETRN, ATRN, BURL, XCLIENT, XFORWARD, PROXY, SOML, SAML and SEND end at the proxy.",
                    "(ETRN|TURN|ATRN|BURL|XCLIENT|XFORWARD|PROXY|SOML|SAML|SEND)( .*)?",
                    "502 5.5.1 Command not implemented"),
            ours(
                    "verbs that only resemble one of mail, and those behind white space",
                    "A server that looks at four letters only, or past the space, would take them for it, past every"
                            + " filter.",
                    ".*",
                    "500 5.5.1 Command not recognized"),
            ours(
                    "recipients that the proxy cannot read",
                    "To ask the server about one that no filter has seen could add it to the transaction.",
                    "RCPT.*",
                    "501 5.5.4 Syntax error in parameters"),
            ours(
                    "senders that the proxy cannot read and the server can",
                    "No filter could have seen them; what the server began is undone by RSET.",
                    "MAIL.*",
                    "501 5.5.4 Syntax error in parameters"),
            ours(
                    "senders that servers read each in its own way",
                    "What is no address of RFC 5321's, or has no domain, a server makes into another than filters saw.",
                    "MAIL.*",
                    "501 5.1.7 Bad sender address syntax"),
            ours(
                    "recipients that servers read each in its own way",
                    "What is no address of RFC 5321's, or has no domain, a server makes into another than filters saw.",
                    "RCPT.*",
                    "501 5.1.3 Bad recipient address syntax"),
            new Rule(
                    Kind.PROXY,
                    "parameters of what is not offered here",
                    "The proxy could not hold to them; each server has its own words for that.",
                    (exchange, opposite, proxied) -> {
                        String ours = (proxied ? exchange : opposite).reply().get(0);
                        String theirs = (proxied ? opposite : exchange).reply().get(0);
                        return !ours.startsWith("555 5.5.4 Unsupported option: ")
                                ? exchange.reply()
                                : theirs.startsWith("5") ? List.of("(ours)") : Rule.THE_REST;
                    }),
            new Rule(
                    Kind.PROXY,
                    "requests of HTTP",
                    "They end the session; what is in their body is no command of a client.",
                    (exchange, opposite, proxied) ->
                            (proxied ? exchange : opposite).reply().equals(NOT_SMTP)
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            ours(
                    "DATA with something behind it",
                    "RFC 5321 §4.1.1.4 has no parameters; a server that takes it would wait for a message.",
                    "DATA .*",
                    "501 5.5.4 Syntax error in parameters"),
            new Rule(
                    Kind.PROXY,
                    "BDAT with something unreadable behind it",
                    "The proxy says BDAT alone, which no server can take for a chunk that the proxy does not see.",
                    AllowedDifferences::unreadableChunk),
            new Rule(
                    Kind.PROXY,
                    "BDAT where CHUNKING is not offered",
                    "The chunk is swallowed; a server that does not know BDAT would read it as commands.",
                    (exchange, opposite, proxied) -> exchange.command()
                                            .toUpperCase(Locale.ROOT)
                                            .startsWith("BDAT")
                                    && (proxied ? exchange : opposite).reply().equals(NO_BDAT)
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "what follows a last chunk before any recipient",
                    "RFC 3030 §2 leaves it open; Postfix forgets the sender, Exim does not, and the proxy forgets it.",
                    (exchange, opposite, proxied) -> (proxied ? exchange : opposite)
                                            .reply()
                                            .equals(List.of("503 sender not yet given"))
                                    && (proxied ? opposite : exchange).reply().equals(List.of("250 Accepted"))
                            ? Rule.THE_REST
                            : exchange.reply()),
            words(
                    "HELP of Exim's",
                    "It names STARTTLS, which the proxy has used up, or not.",
                    "^(214 .*) STARTTLS",
                    "$1"),
            new Rule(
                    Kind.PROXY,
                    "bare CR or LF",
                    "RFC 5321 §2.3.8 forbids it; the proxy refuses it, whatever the server does about it (one takes"
                            + " it, one refuses it and closes).",
                    (exchange, opposite, proxied) -> exchange.command().endsWith(Step.Say.BARE)
                                    && BARE_REFUSED.contains((proxied ? exchange : opposite).reply())
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "a server that closes without a word",
                    "RFC 5321 §3.8 has 421 for that, and the client is told.",
                    (exchange, opposite, proxied) ->
                            exchange.reply().equals(Exchange.CLOSED) || proxied && LOST.equals(exchange.reply())
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "QUIT behind a server that has closed",
                    "The client's session still has its end to come, and RFC 5321 §4.1.1.10 has 221 for that.",
                    (exchange, opposite, proxied) -> proxied
                                    && exchange.reply().equals(BYE)
                                    && opposite.reply().equals(Exchange.CLOSED)
                            ? Rule.THE_REST
                            : exchange.reply()),
            ours(
                    "what comes behind a sender that the proxy refused",
                    "The server has not heard of it, and might go on with what it heard before.",
                    "(RCPT|DATA).*",
                    "503 5.5.1 Need MAIL first"),
            new Rule(
                    Kind.PROXY,
                    "SASL mechanisms with a security layer in EHLO",
                    "What they would encrypt the proxy could not relay (RFC 4954 §4).",
                    (exchange, opposite, proxied) -> exchange.reply().stream()
                            .map(line -> line.replaceAll(" (DIGEST-MD5|GSSAPI|NTLM)(?= |$)", ""))
                            .toList()),
            ours(
                    "mechanisms that the proxy does not relay",
                    "They have a security layer.",
                    "AUTH DIGEST-MD5.*",
                    "504 5.5.4 Authentication mechanism not supported"),
            new Rule(
                    Kind.PROXY,
                    "chunks that Exim refused",
                    "Exim reads their octets as commands; the proxy swallows them, as RFC 3030 §2 wants.",
                    (exchange, opposite, proxied) -> EXIM_REFUSED
                                            .matcher(exchange.command() + " "
                                                    + exchange.reply().get(0))
                                            .matches()
                                    && exchange.reply().equals(opposite.reply())
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "a 421 of Exim's behind its 221",
                    "Exim says it when QUIT comes between chunks; the proxy stops reading at 221.",
                    (exchange, opposite, proxied) -> exchange.reply().equals(List.of("421 Lost incoming connection"))
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "STARTTLS",
                    "The proxy answers it itself; some servers want EHLO first, and the proxy does not.",
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

    /** The separator of the last line says only that it is the last. */
    private static Rule hidden(String name, String reason, String keywords) {
        Pattern pattern = Pattern.compile("250 (" + keywords + ")( .*)?", Pattern.CASE_INSENSITIVE);
        return new Rule(Kind.PROXY, name, reason, (exchange, opposite, proxied) -> {
            if (!exchange.command().toUpperCase(Locale.ROOT).startsWith("EHLO")) {
                return exchange.reply();
            }
            List<String> lines = new ArrayList<>(exchange.reply());
            lines.replaceAll(line -> line.replaceFirst("^250-", "250 "));
            lines.removeIf(line -> pattern.matcher(line).matches());
            return lines;
        });
    }

    /** The proxy answers these commands itself, in these words; where the server takes them, the rest is another session. */
    private static Rule ours(String name, String reason, String commands, String reply) {
        Pattern pattern = Pattern.compile(commands, Pattern.CASE_INSENSITIVE);
        return new Rule(Kind.PROXY, name, reason, (exchange, opposite, proxied) -> {
            List<String> answer = (proxied ? exchange : opposite).reply();
            if (!pattern.matcher(exchange.command()).matches() || !answer.equals(List.of(reply))) {
                return exchange.reply();
            }
            char theirs = (proxied ? opposite : exchange).reply().get(0).charAt(0);
            return theirs == answer.get(0).charAt(0) ? List.of("(ours)") : Rule.THE_REST;
        });
    }

    private static List<String> unreadableChunk(Exchange exchange, Exchange opposite, boolean proxied) {
        if (!exchange.command().matches("(?i)BDAT( .*)?") || exchange.command().matches("(?i)BDAT [0-9]+( +LAST)? *")) {
            return exchange.reply();
        }
        boolean alike =
                exchange.reply().get(0).charAt(0) == opposite.reply().get(0).charAt(0);
        return alike ? List.of("(ours)") : Rule.THE_REST;
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
