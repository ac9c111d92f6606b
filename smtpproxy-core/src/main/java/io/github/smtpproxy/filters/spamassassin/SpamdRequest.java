package io.github.smtpproxy.filters.spamassassin;

import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.service.ServiceConnection;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** A message for spamd, with a Received field on top that says where it comes from: SpamAssassin's rules look for it. */
final class SpamdRequest {

    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT);

    private final Scanned scanned;
    private final Optional<String> user;
    private final byte[] received;

    SpamdRequest(Scanned scanned, Optional<String> user, ZonedDateTime now) {
        this.scanned = scanned;
        this.user = user;
        this.received = received(scanned, now).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String received(Scanned scanned, ZonedDateTime now) {
        String hello = scanned.hello().map(Hello::name).orElse("unknown").replaceAll("[^!-~]", "?");
        String address = scanned.client().getAddress().getHostAddress();
        String literal = address.indexOf(':') < 0 ? address : "IPv6:" + address;
        String with = scanned.authenticated() ? "ESMTPA" : "ESMTP";
        return "Received: from " + hello + " (unknown [" + literal + "])\r\n\tby smtpproxy with " + with + " id "
                + scanned.id() + ";\r\n\t" + DATE.format(now) + "\r\n";
    }

    /** Asks one spamd. */
    SpamdReply ask(ServiceAddress spamd, Duration limit) throws IOException {
        long length = length();
        try (ServiceConnection connection = ServiceConnection.open(spamd, limit);
                InputStream message = open()) {
            OutputStream out = connection.out();
            out.write(head(length).getBytes(StandardCharsets.ISO_8859_1));
            message.transferTo(out);
            connection.shutdownOutput();
            return SpamdReply.read(connection.in());
        }
    }

    private InputStream open() {
        return new SequenceInputStream(
                new ByteArrayInputStream(received), scanned.message().open());
    }

    private long length() throws IOException {
        try (InputStream message = open()) {
            return message.transferTo(OutputStream.nullOutputStream());
        }
    }

    private String head(long length) {
        return "HEADERS SPAMC/1.5\r\n" + user.map(u -> "User: " + u + "\r\n").orElse("") + "Content-length: " + length
                + "\r\n\r\n";
    }
}
