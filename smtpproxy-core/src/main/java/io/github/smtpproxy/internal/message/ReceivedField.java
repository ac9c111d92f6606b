package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The Received field of the proxy (RFC 5321 §4.4). */
final class ReceivedField {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private ReceivedField() {}

    /**
     * The field; empty where the endpoint adds none, or where there is no recipient: the lone dot behind a 354 that no
     * valid recipient precedes must stay alone (RFC 2920 §3.1).
     */
    static byte[] of(Transaction transaction, Endpoint endpoint) {
        boolean none = !endpoint.received() || transaction.recipients().isEmpty();
        return none ? new byte[0] : of(transaction, endpoint.hostname(), Instant.now());
    }

    private static byte[] of(Transaction transaction, String hostname, Instant now) {
        Hello hello = transaction.session().hello().orElse(new Hello(false, "unknown"));
        String field = "Received: from " + printable(hello.name()) + " ("
                + literal(transaction.session().remoteAddress().getAddress()) + ")\r\n by " + hostname + " with "
                + protocol(hello, transaction) + " id " + transaction.id() + ";\r\n " + DATE.format(now) + "\r\n";
        return field.getBytes(StandardCharsets.ISO_8859_1);
    }

    // RFC 3848 and RFC 6531 §4.3
    private static String protocol(Hello hello, Transaction transaction) {
        boolean utf8 = transaction.mail().parameters().has("SMTPUTF8");
        if (!utf8 && !hello.extended()) {
            return "SMTP";
        }
        Session session = transaction.session();
        return (utf8 ? "UTF8SMTP" : "ESMTP")
                + (session.tls().isPresent() ? "S" : "")
                + (session.authenticated() ? "A" : "");
    }

    private static String literal(InetAddress address) {
        String text = UnknownAddress.text(address);
        return address.isAnyLocalAddress() ? text : "[" + (address instanceof Inet6Address ? "IPv6:" : "") + text + "]";
    }

    private static String printable(String name) {
        String safe = name.replaceAll("[^A-Za-z0-9.:\\[\\]_-]", "?");
        return safe.isEmpty() ? "unknown" : safe.substring(0, Math.min(safe.length(), 255));
    }
}
