package io.github.smtpproxy.internal.sasl;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The SASL mechanisms that the proxy does not relay from client to destination, because their result is bound to a single
 * connection between the two. All others are relayed, unknown ones too.
 */
public enum Mechanisms {
    GSSAPI("GSSAPI", "negotiates a security layer for all that follows (RFC 4752 §3.1)"),
    GSS_SPNEGO("GSS-SPNEGO", "negotiates a security layer, as GSSAPI does"),
    GS2("GS2-.*", "GSS-API mechanisms; its -PLUS forms bind to TLS (RFC 5801)"),
    KERBEROS_V4("KERBEROS_V4", "negotiates a security layer (RFC 2222 §7.1)"),
    DIGEST_MD5("DIGEST-MD5", "negotiates a security layer, and names the host that the client connected to (RFC 2831)"),
    SRP("SRP(-.*)?", "negotiates a security layer"),
    PLUS(".*-PLUS", "binds to the TLS connection, and there are two of them (RFC 5802 §6)"),
    EXTERNAL("EXTERNAL", "refers to the client's TLS connection, which ends at the proxy (RFC 4422 appendix A)") {
        @Override
        boolean hidden(boolean tls) {
            return tls;
        }
    };

    /** DOTALL, because U+0085 is a line end in Java but not in SMTP. */
    private static final Pattern LINE = Pattern.compile("(AUTH[ =])(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final Pattern names;
    private final String reason;

    Mechanisms(String names, String reason) {
        this.names = Pattern.compile(names, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
        this.reason = reason;
    }

    /** Why it is not relayed. */
    public String reason() {
        return reason;
    }

    boolean hidden(boolean tls) {
        return true;
    }

    /**
     * Whether the mechanism may be relayed.
     *
     * @param tls whether the connection to the client or the one to the destination is encrypted
     */
    public static boolean relayable(String mechanism, boolean tls) {
        return Arrays.stream(values())
                .noneMatch(m -> m.hidden(tls) && m.names.matcher(mechanism).matches());
    }

    /**
     * The EHLO line {@code AUTH …} or, in the form before RFC 2554, {@code AUTH=…}, with those of its mechanisms that pass;
     * empty if there is none.
     *
     * @param line without its code
     * @throws IllegalArgumentException if it is another line
     */
    public static Optional<String> filteredLine(String line, Predicate<String> passes) {
        Matcher auth = LINE.matcher(line);
        if (!auth.matches()) {
            throw new IllegalArgumentException("an EHLO line of AUTH must start with \"AUTH \" or \"AUTH=\"");
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
