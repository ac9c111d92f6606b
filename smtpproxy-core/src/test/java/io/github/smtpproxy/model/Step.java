package io.github.smtpproxy.model;

import java.nio.charset.StandardCharsets;

/**
 * One thing that a client says.
 *
 * @param line the command line, without its line end
 * @param subject whom it is about: a mailbox, the name in EHLO, the token of a message
 * @param octets what follows the line: a message with its end of data, or a chunk
 * @param blind whether the message is sent without waiting for the 354
 * @param last whether a chunk is the last one
 */
record Step(Kind kind, String line, String subject, String octets, boolean blind, boolean last) {

    enum Kind {
        HELLO,
        MAIL,
        RCPT,
        DATA,
        /** The message behind DATA; the client sends it with DATA or after the 354. */
        MESSAGE,
        BDAT,
        RSET,
        OTHER,
        QUIT
    }

    static Step of(Kind kind, String line, String subject) {
        return new Step(kind, line, subject, "", false, false);
    }

    static Step data(String token, String octets, boolean blind) {
        return new Step(Kind.DATA, "DATA", token, octets, blind, false);
    }

    static Step chunk(String token, String octets, boolean last) {
        String line = "BDAT " + octets.length() + (last ? " LAST" : "");
        return new Step(Kind.BDAT, line, token, octets, false, last);
    }

    /** The message that belongs to this DATA. */
    Step message() {
        return new Step(Kind.MESSAGE, "", subject, octets, blind, true);
    }

    /** What is written at once when this is said. */
    byte[] wire() {
        boolean follows = kind == Kind.BDAT || blind;
        return (line + "\r\n" + (follows ? octets : "")).getBytes(StandardCharsets.ISO_8859_1);
    }

    boolean endsMessage() {
        return last;
    }
}
