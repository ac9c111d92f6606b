package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.CommandLine;
import java.util.regex.Pattern;

/**
 * A chunk that a line announces which is no good BDAT command. It is not known where the chunk begins; what follows is data to
 * the client that sent it, and must not be a command here.
 */
final class UnreadChunk {

    /** Announces a chunk that is not empty. */
    private static final Pattern ANNOUNCED = Pattern.compile("(?is)\\s*BDAT[^A-Z]*[1-9].*");

    private UnreadChunk() {}

    static boolean isAnnounced(CommandLine line) {
        boolean read = line.flaw() == CommandLine.Flaw.NONE && line.verb().equals("BDAT");
        return !read && ANNOUNCED.matcher(line.text()).matches();
    }
}
