package io.github.smtpproxy.internal.sasl;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which SASL mechanisms may pass through the proxy from client to destination: all, also those that nobody here knows, but
 * those that end in something that only the two ends can share.
 */
public enum Mechanisms {
    GSSAPI("GSSAPI", "negotiates a security layer for all that follows (RFC 4752 §3.1)"),
    GSS_SPNEGO("GSS-SPNEGO", "negotiates a security layer, as GSSAPI does"),
    GS2("GS2-.*", "GSS-API mechanisms; its -PLUS forms bind to TLS (RFC 5801)"),
    KERBEROS_V4("KERBEROS_V4", "negotiates a security layer (RFC 2222 §7.1)"),
    DIGEST_MD5("DIGEST-MD5", "negotiates a security layer, and names the host that the client meant (RFC 2831)"),
    SRP("SRP(-.*)?", "negotiates a security layer"),
    PLUS(".*-PLUS", "binds to the TLS connection, and there are two (RFC 5802 §6)"),
    EXTERNAL("EXTERNAL", "means the TLS of the client, which ends at the proxy (RFC 4422 appendix A)") {
        @Override
        boolean hidden(boolean tls) {
            return tls;
        }
    };

    /** DOTALL, for U+0085 ends a line to Java, but not to SMTP. */
    private static final Pattern LINE = Pattern.compile("(AUTH[ =])(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final Pattern names;
    private final String reason;

    Mechanisms(String names, String reason) {
        this.names = Pattern.compile(names, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
        this.reason = reason;
    }

    /** Why it is hidden. */
    public String reason() {
        return reason;
    }

    boolean hidden(boolean tls) {
        return true;
    }

    /**
     * Whether the mechanism may be relayed.
     *
     * @param tls whether either connection, the client's or ours to the destination, is TLS
     */
    public static boolean relayable(String mechanism, boolean tls) {
        return Arrays.stream(values())
                .noneMatch(m -> m.hidden(tls) && m.names.matcher(mechanism).matches());
    }

    /**
     * An EHLO line {@code AUTH …} or, as before RFC 2554, {@code AUTH=…} with the mechanisms that may be relayed; empty if
     * none is left.
     *
     * @param line without the code before it
     * @param tls as for {@link #relayable}
     * @throws IllegalArgumentException if it is another line
     */
    public static Optional<String> relayableLine(String line, boolean tls) {
        return filteredLine(line, name -> relayable(name, tls));
    }

    /** Such a line with those mechanisms that pass; empty if none is left. */
    public static Optional<String> filteredLine(String line, Predicate<String> passes) {
        Matcher auth = LINE.matcher(line);
        if (!auth.matches()) {
            throw new IllegalArgumentException("an EHLO line of AUTH begins with \"AUTH \" or \"AUTH=\"");
        }
        List<String> left = Arrays.stream(auth.group(2).split(" +"))
                .filter(name -> !name.isEmpty() && passes.test(name))
                .toList();
        return left.isEmpty() ? Optional.empty() : Optional.of(auth.group(1) + String.join(" ", left));
    }

    /** Whether one of these EHLO lines offers the mechanism. */
    public static boolean offered(List<String> lines, String mechanism) {
        return lines.stream()
                .filter(line -> LINE.matcher(line).matches())
                .anyMatch(
                        line -> filteredLine(line, mechanism::equalsIgnoreCase).isPresent());
    }
}
