package io.github.smtpproxy.differential;

import java.util.List;

/**
 * What the client said and the lines that it heard; {@link #CLOSED} and {@link #SILENT} stand for a reply that did not
 * come.
 */
record Exchange(String command, List<String> reply) {

    static final List<String> CLOSED = List.of("(closed)");
    static final List<String> SILENT = List.of("(silent)");

    boolean ended() {
        return reply == CLOSED || reply == SILENT;
    }

    boolean says(String code) {
        return reply.get(0).startsWith(code);
    }

    @Override
    public String toString() {
        return command + "\n      " + String.join("\n      ", reply);
    }
}
