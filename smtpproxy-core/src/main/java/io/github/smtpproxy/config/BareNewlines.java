package io.github.smtpproxy.config;

/**
 * What happens to a CR or LF that stands alone in a command or a message. RFC 5321 §2.3.8 forbids both; servers that
 * read them as line ends can be made to see a message inside a message. The end of data is CRLF.CRLF, whatever the policy.
 * A message in chunks is judged as one that comes by DATA, unless MAIL has {@code BODY=BINARYMIME}.
 */
public enum BareNewlines {
    /**
     * The message is refused with {@code 550 5.5.2}, a command with {@code 500 5.5.2}; what follows it up to CRLF belongs
     * to it and is no command. The default.
     */
    REJECT,
    /**
     * Each becomes CRLF, as does a run of CR before LF, and a LF alone ends a command; a line that thereby begins with a dot
     * gets a second one.
     */
    NORMALIZE,
    /**
     * A message passes as it is, octet for octet, whatever filters look at it. Only for destinations that are known to be
     * as strict about the end of data.
     */
    PASS
}
