package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Reply;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What the proxy says in its own words, where no destination can answer. */
final class Replies {

    private static final Map<Reply, String> LIMITS = new ConcurrentHashMap<>();

    static final Reply OK = Reply.of(250, "2.0.0 Ok");
    static final Reply BYE = Reply.of(221, "2.0.0 Bye");
    static final Reply GO_ON = Reply.of(354, "End data with <CR><LF>.<CR><LF>");

    static final Reply DRAINING = Reply.refusal(421, "4.3.2", "Service shutting down");
    static final Reply IDLE = limit("clientCommand", 421, "4.4.2", "Idle for too long");
    static final Reply TOO_SLOW = limit("clientCommand", 421, "4.4.2", "Line comes too slowly");
    static final Reply MESSAGE_TOO_SLOW = limit("dataBlock", 421, "4.4.2", "Message comes too slowly");
    static final Reply TOO_MANY_ERRORS = limit("maxErrors", 421, "4.7.0", "Too many errors");
    static final Reply NOT_SMTP = Reply.refusal(421, "4.7.0", "This is SMTP");

    static final Reply TOO_MANY_FAILED_LOGINS = limit("maxFailedLogins", 421, "4.7.0", "Too many failed logins");

    static final Reply TOO_LONG = limit("maxCommandOctets", 500, "5.5.2", "Line too long");
    static final Reply BARE_LINE = Reply.refusal(500, "5.5.2", "Lines end in CRLF");
    static final Reply NUL = Reply.refusal(500, "5.5.2", "NUL in a command");
    static final Reply UNKNOWN = Reply.refusal(500, "5.5.1", "Command not recognized");
    static final Reply NOT_IMPLEMENTED = Reply.refusal(502, "5.5.1", "Command not implemented");
    static final Reply SYNTAX = Reply.refusal(501, "5.5.4", "Syntax error in parameters");

    static final Reply HELLO_FIRST = Reply.refusal(503, "5.5.1", "Send EHLO first");
    static final Reply NEED_MAIL = Reply.refusal(503, "5.5.1", "Need MAIL first");
    static final Reply NESTED_MAIL = Reply.refusal(503, "5.5.1", "Transaction already begun");
    static final Reply NO_RECIPIENTS = Reply.refusal(554, "5.5.1", "No valid recipients");
    static final Reply TOO_MANY_RECIPIENTS = limit("maxRecipients", 452, "4.5.3", "Too many recipients");
    static final Reply ELSEWHERE = Reply.refusal(452, "4.5.3", "Send this recipient in a transaction of its own");
    static final Reply HEADER_TOO_BIG = limit("maxHeaderOctets", 552, "5.3.4", "Header section is too big");
    static final Reply TOO_MANY_FIELDS = limit("maxHeaderFields", 552, "5.3.4", "Too many header fields");
    static final Reply TOO_BIG_TO_KEEP = limit("spoolMax", 552, "5.3.4", "Message is too big to be looked at");
    static final Reply NO_MEMORY = limit("maxHeldOctets", 451, "4.3.1", "Too much mail at once, try again later");
    static final Reply NO_STORAGE = Reply.refusal(452, "4.3.1", "Insufficient system storage");
    static final Reply NO_ROUTE = Reply.defer("4.4.4", "Unable to route");

    private Replies() {}

    /** A refusal by a limit, which is told to listeners by the name of its setting. For constants. */
    static Reply limit(String setting, int code, String status, String text) {
        Reply reply = Reply.refusal(code, status, text);
        LIMITS.put(reply, setting);
        return reply;
    }

    /** The setting, if that is such a refusal. */
    static Optional<String> limit(Reply reply) {
        return reply.isParsed() ? Optional.empty() : Optional.ofNullable(LIMITS.get(reply));
    }
}
