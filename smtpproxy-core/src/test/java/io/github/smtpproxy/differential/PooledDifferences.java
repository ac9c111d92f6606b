package io.github.smtpproxy.differential;

import io.github.smtpproxy.differential.Rule.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What may differ besides where sessions share connections (multiplexing): a session has none between transactions. */
final class PooledDifferences {

    private static final Set<String> OURS = Set.of(
            "503 5.5.1 Send EHLO first",
            "503 5.5.1 Need MAIL first",
            "503 5.5.1 Authentication is not allowed now",
            "502 5.5.1 Command not implemented",
            "501 5.5.4 Syntax error in parameters",
            "250 2.0.0 Ok",
            "221 2.0.0 Bye");

    private static final Pattern MALFORMED =
            Pattern.compile("501 .*: malformed address: \\w+=\\w+ may not follow .*|501 Syntax: MAIL FROM: <address>");
    private static final List<String> NO_CHUNKING = List.of("503 BDAT command used when CHUNKING not advertised");
    private static final List<String> TOO_LARGE = List.of("552 5.3.4 Message size exceeds fixed limit");
    private static final List<String> SENDER_OK = List.of("250 2.1.0 Ok");

    private static final List<Rule> RULES = List.of(
            new Rule(
                    Kind.PROXY,
                    "chunks before EHLO, with a pool and Exim",
                    "Exim runs their octets as commands; the proxy discards them (RFC 3030 §2).",
                    (exchange, opposite, proxied) ->
                            (proxied ? opposite : exchange).reply().equals(NO_CHUNKING)
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "commands outside of a transaction, with a pool",
                    "There is no connection then, so the proxy answers them in its own words; where the server would have"
                            + " accepted one, the rest is another session.",
                    (exchange, opposite, proxied) -> {
                        List<String> answer = (proxied ? exchange : opposite).reply();
                        char theirs =
                                (proxied ? opposite : exchange).reply().get(0).charAt(0);
                        if (exchange.reply().get(0).startsWith("(") || !OURS.containsAll(answer)) {
                            return exchange.reply();
                        }
                        return theirs == answer.get(0).charAt(0) ? Rule.OURS : Rule.THE_REST;
                    }),
            new Rule(
                    Kind.PROXY,
                    "a sender after a refused one, with a pool",
                    "The connection is reset in between; Postfix else refuses for the size that the first one named.",
                    (exchange, opposite, proxied) -> (proxied ? opposite : exchange)
                                            .reply()
                                            .equals(TOO_LARGE)
                                    && (proxied ? exchange : opposite).reply().equals(SENDER_OK)
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "EHLO and HELO that the server refuses, with a pool",
                    "No server sees the client's: the connections of the pool are introduced by the proxy's own name.",
                    (exchange, opposite, proxied) -> introduces(exchange)
                                    && (proxied ? exchange : opposite)
                                            .reply()
                                            .get(0)
                                            .startsWith("250")
                                    && (proxied ? opposite : exchange)
                                            .reply()
                                            .get(0)
                                            .startsWith("5")
                            ? Rule.THE_REST
                            : exchange.reply()),
            new Rule(
                    Kind.PROXY,
                    "parameters after HELO, with a pool",
                    "The connection was introduced by EHLO, so the server takes them.",
                    (exchange, opposite, proxied) ->
                            exchange.command().toUpperCase(Locale.ROOT).startsWith("MAIL")
                                            && (proxied ? exchange : opposite)
                                                    .reply()
                                                    .get(0)
                                                    .startsWith("250")
                                            && MALFORMED
                                                    .matcher((proxied ? opposite : exchange)
                                                            .reply()
                                                            .get(0))
                                                    .matches()
                                    ? Rule.THE_REST
                                    : exchange.reply()),
            new Rule(
                    Kind.EHLO,
                    "PIPECONNECT, with a pool",
                    "Exim offers it in the first EHLO of a connection only, and that is the proxy's.",
                    (exchange, opposite, proxied) -> introduces(exchange)
                            ? exchange.reply().stream()
                                    .filter(line -> !line.endsWith("PIPECONNECT"))
                                    .toList()
                            : exchange.reply()),
            new Rule(
                    Kind.EHLO,
                    "the greeting, and the first line of EHLO and HELO, with a pool",
                    "They are the proxy's own: it is not known yet which connection, and which server, it will be.",
                    (exchange, opposite, proxied) ->
                            introduces(exchange) ? withoutText(exchange.reply()) : exchange.reply()));

    private PooledDifferences() {}

    static List<Rule> rules() {
        List<Rule> all = new ArrayList<>(AllowedDifferences.rules());
        all.addAll(RULES);
        return List.copyOf(all);
    }

    private static boolean introduces(Exchange exchange) {
        String command = exchange.command().toUpperCase(Locale.ROOT);
        return command.startsWith("(GREETING") || command.startsWith("EHLO") || command.startsWith("HELO");
    }

    private static List<String> withoutText(List<String> reply) {
        List<String> lines = new ArrayList<>(reply);
        if (lines.get(0).length() > 3) {
            lines.set(0, lines.get(0).substring(0, 3));
        }
        return lines;
    }
}
