package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.wire.CommandLine;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Lines of HTTP and its like, and of TLS where none was asked for. Whoever can make a browser or a web service send a
 * request puts SMTP into its body, from within the network. Such a peer is no client, and no line of it is a command.
 */
final class ForeignProtocol {

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI");

    /** The end of a request line (RFC 9112 §3), whatever its method is. */
    private static final Pattern REQUEST = Pattern.compile("(?i).*[ \t](HTTP|RTSP|SIP|ICAP)/[0-9](\\.[0-9])?");

    /** The beginning of a header field (RFC 9110 §5.1), which no command has. */
    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+:.*");

    /** How a handshake of TLS begins (RFC 8446 §5.1): text of others may stand in it, such as a name or a ticket. */
    private static final String HANDSHAKE = "\u0016\u0003";

    private ForeignProtocol() {}

    /** Whether the line is of a request, though it may be no good command line in other ways too. */
    static boolean isSpoken(CommandLine line) {
        String text = line.text().strip();
        int end = 0;
        while (end < text.length() && text.charAt(end) > ' ') {
            end++;
        }
        return text.startsWith(HANDSHAKE)
                || METHODS.contains(text.substring(0, end).toUpperCase(Locale.ROOT))
                || text.indexOf('/') >= 0 && REQUEST.matcher(text).matches()
                || text.lastIndexOf(':', end - 1) >= 0
                        && FIELD.matcher(text.substring(0, end)).matches();
    }
}
