package io.github.smtpproxy.testing;

/** What a destination does instead of answering. */
public enum Fault {
    /** The connection is reset. */
    RESET,
    /** The connection is closed. */
    CLOSE,
    /** Nothing is said any more, and the connection stays open. */
    STALL,
    /** A line that is no reply. */
    GARBAGE_REPLY,
    /** A reply whose last line never comes. */
    ENDLESS_REPLY,
    /** A reply is broken off in the middle of a line, and the connection closed. */
    CUT_IN_REPLY,
    /** 421, and the connection is closed. */
    REPLY_421_AND_CLOSE,
    /** 552, and the connection is closed. */
    REPLY_552_AND_CLOSE,
    /** 552, and what still comes is swallowed. */
    REPLY_552_AND_SWALLOW,
    /** 250, and what still comes is swallowed. */
    REPLY_250_AND_SWALLOW
}
