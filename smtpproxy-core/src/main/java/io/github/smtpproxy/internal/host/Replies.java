package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.protocol.Reply;

/** The replies of the proxy itself, where no destination can reply. */
public final class Replies {

    /** No setting of the proxy, but the limit that a filter puts on a message. */
    static final String MESSAGE_LIMIT = "Message.atMost";

    public static final Reply OK = Reply.of(250, "2.0.0 Ok");
    public static final Reply BYE = Reply.of(221, "2.0.0 Bye");
    public static final Reply GO_ON = Reply.of(354, "End data with <CR><LF>.<CR><LF>");

    public static final OwnReply DRAINING = OwnReply.refusal(421, "4.3.2", "Service shutting down");
    public static final OwnReply IDLE =
            OwnReply.limit("clientCommand", 421, "4.4.2", "Idle for too long").ending(Result.ABORTED);
    public static final OwnReply TOO_SLOW = OwnReply.limit("clientCommand", 421, "4.4.2", "Line comes too slowly")
            .ending(Result.ABORTED);
    public static final OwnReply MESSAGE_TOO_SLOW = OwnReply.limit(
                    "dataBlock", 421, "4.4.2", "Message comes too slowly")
            .ending(Result.ABORTED);
    public static final OwnReply SESSION_TOO_LONG =
            OwnReply.limit("session", 421, "4.4.2", "Session takes too long").ending(Result.ABORTED);
    public static final OwnReply TRANSACTION_TOO_LONG = OwnReply.limit(
                    "transaction", 421, "4.4.2", "Transaction takes too long")
            .ending(Result.ABORTED);
    public static final OwnReply TOO_MANY_ERRORS =
            OwnReply.limit("maxErrors", 421, "4.7.0", "Too many errors").ending(Result.ABORTED);
    /** Another client gets the place. */
    public static final OwnReply NO_PLACE =
            OwnReply.limit("underAttack", 421, "4.7.0", "Too many connections, an idle one is closed");

    public static final OwnReply NOT_SMTP =
            OwnReply.refusal(421, "4.7.0", "This is SMTP").ending(Result.ABORTED);

    public static final OwnReply TOO_MANY_FAILED_LOGINS =
            OwnReply.limit("maxFailedLogins", 421, "4.7.0", "Too many failed logins");

    public static final OwnReply TOO_LONG = OwnReply.limit("maxCommandOctets", 500, "5.5.2", "Line too long");
    public static final OwnReply BARE_LINE = OwnReply.refusal(500, "5.5.2", "Lines end in CRLF");
    public static final OwnReply NUL = OwnReply.refusal(500, "5.5.2", "NUL in a command");
    public static final OwnReply UNKNOWN = OwnReply.refusal(500, "5.5.1", "Command not recognized");
    public static final OwnReply NOT_IMPLEMENTED = OwnReply.refusal(502, "5.5.1", "Command not implemented");
    public static final OwnReply SYNTAX = OwnReply.refusal(501, "5.5.4", "Syntax error in parameters");

    public static final OwnReply AUTH_TOO_LONG =
            OwnReply.limit("line of an AUTH exchange", 500, "5.5.6", "Authentication exchange line is too long");

    public static final OwnReply TLS_NEEDED = OwnReply.refusal(530, "5.7.0", "Must issue a STARTTLS command first");
    public static final OwnReply LOGIN_NEEDED = OwnReply.refusal(530, "5.7.0", "Authentication required");
    public static final OwnReply HELLO_FIRST = OwnReply.refusal(503, "5.5.1", "Send EHLO first");
    public static final OwnReply NEED_MAIL = OwnReply.refusal(503, "5.5.1", "Need MAIL first");
    public static final OwnReply NESTED_MAIL = OwnReply.refusal(503, "5.5.1", "Transaction already begun");
    public static final OwnReply NO_RECIPIENTS = OwnReply.refusal(554, "5.5.1", "No valid recipients");
    public static final OwnReply TOO_MANY_RECIPIENTS =
            OwnReply.limit("maxRecipients", 452, "4.5.3", "Too many recipients");
    public static final OwnReply ELSEWHERE =
            OwnReply.refusal(452, "4.5.3", "Send this recipient in a transaction of its own");
    public static final OwnReply HEADER_TOO_BIG =
            OwnReply.limit("maxHeaderOctets", 552, "5.3.4", "Header section is too big");
    public static final OwnReply TOO_MANY_FIELDS =
            OwnReply.limit("maxHeaderFields", 552, "5.3.4", "Too many header fields");
    public static final OwnReply TOO_BIG_TO_KEEP =
            OwnReply.limit("spoolMax", 552, "5.3.4", "Message is too big to be looked at");
    public static final OwnReply NO_MEMORY =
            OwnReply.limit("maxHeldOctets", 451, "4.3.1", "Too much mail at once, try again later");
    public static final OwnReply NO_STORAGE = OwnReply.refusal(452, "4.3.1", "Insufficient system storage");
    public static final OwnReply NO_ROUTE = OwnReply.refusal(451, "4.4.4", "Unable to route");

    public static final OwnReply BARE_MESSAGE =
            OwnReply.refusal(550, "5.5.2", "Message with a CR or LF that stands alone");
    /** The message has more octets than a filter allows; the filter's name is put in its place. */
    public static final OwnReply TOO_BIG = OwnReply.limit(MESSAGE_LIMIT, 552, "5.3.4", "Message is too big");

    /** Code of others failed, or what it supplied. */
    public static final OwnReply FAILED =
            OwnReply.refusal(451, "4.3.0", "Temporary failure, try again later").ending(Result.FAILED);

    private Replies() {}
}
