package io.github.smtpproxy.throttle;

/** What clients do that do not keep to the protocol as mail servers do. */
public enum ProtocolViolation {

    /** It spoke before the greeting, while a throttle delayed that (RFC 5321 §4.3.1). */
    EARLY_TALK,

    /**
     * It sent more before it had a reply that it has to wait for: PIPELINING was not offered, or the command ends a group,
     * as EHLO, DATA and QUIT do (RFC 2920 §3.1).
     */
    PIPELINING,

    /** A line before EHLO or HELO that is no command of SMTP. */
    JUNK_BEFORE_HELLO,

    /**
     * A line after EHLO or HELO that is no command of SMTP or of an extension that was offered, or one of HTTP at any time.
     * A verb that only a filter knows is one, too.
     */
    NOT_SMTP,

    /** A command line with a bare CR or LF (RFC 5321 §2.3.8), where the endpoint does not accept such lines. */
    BARE_LINE_END
}
