package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.service.TooLargeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A message for rspamd's normal worker, with what it gets of the client and the envelope. Never {@code Flags: milter}:
 * with it rspamd folds DKIM-Signature with a bare LF, and returns a rewritten body without its header section.
 */
final class RspamdRequest {

    /** Octets of a reply beyond those of a message that comes back. */
    private static final int MAX_JSON = 2 << 20;

    private static final int OK = 200;
    private static final int TOO_LARGE = 413;

    private final Scanned scanned;
    private final Optional<String> settingsId;
    private final Optional<String> mtaName;

    RspamdRequest(Scanned scanned, Optional<String> settingsId, Optional<String> mtaName) {
        this.scanned = scanned;
        this.settingsId = settingsId;
        this.mtaName = mtaName;
    }

    /** Asks one rspamd. */
    RspamdReply ask(URI rspamd, Duration limit) throws IOException {
        long length = length();
        int most = (int) Math.min(Integer.MAX_VALUE - 16, length + MAX_JSON);
        try (InputStream message = scanned.message().open()) {
            HttpExchange.Response response =
                    HttpExchange.send(rspamd, limit, new HttpExchange.Request(head(rspamd, length), message), most);
            return parse(response);
        }
    }

    private static RspamdReply parse(HttpExchange.Response response) throws IOException {
        String status = "rspamd replied with HTTP status " + response.status();
        return switch (response.status()) {
            case OK -> RspamdReply.parse(response.body(), response.number("message-offset"));
            case TOO_LARGE -> throw new TooLargeException(status);
            default -> throw new ProtocolException(status);
        };
    }

    private long length() throws IOException {
        try (InputStream message = scanned.message().open()) {
            return message.transferTo(OutputStream.nullOutputStream());
        }
    }

    private String head(URI rspamd, long length) {
        StringBuilder head = new StringBuilder("POST /checkv2 HTTP/1.0\r\n");
        header(head, "Host", rspamd.getRawAuthority());
        header(head, "Content-Length", Long.toString(length));
        if (!scanned.client().getAddress().isAnyLocalAddress()) {
            header(head, "IP", scanned.client().getAddress().getHostAddress());
        }
        scanned.hello().map(Hello::name).ifPresent(name -> header(head, "Helo", name));
        Optional<Mailbox> sender = scanned.message().mail().sender();
        header(head, "From", sender.map(Mailbox::octets).orElse(""));
        List<RcptTo> recipients = scanned.message().recipients();
        recipients.forEach(r -> header(head, "Rcpt", r.recipient().octets()));
        if (recipients.size() == 1) {
            header(head, "Deliver-To", recipients.get(0).recipient().octets());
        }
        if (scanned.authenticated()) {
            header(head, "User", scanned.identity().orElse("authenticated"));
        }
        header(head, "Queue-ID", scanned.id());
        header(head, "Log-Tag", scanned.id());
        header(head, "MTA-Tag", "smtpproxy");
        mtaName.ifPresent(name -> header(head, "MTA-Name", name));
        settingsId.ifPresent(id -> header(head, "Settings-ID", id));
        scanned.tls().ifPresent(tls -> {
            header(head, "TLS-Cipher", tls.cipherSuite());
            header(head, "TLS-Version", tls.protocol());
        });
        header(head, "Pass", "all");
        header(head, "Flags", "body_block,groups");
        return head.toString();
    }

    private static void header(StringBuilder head, String name, String value) {
        head.append(HttpExchange.field(name, value));
    }
}
