package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A message for rspamd's normal worker, with what it is told of the client and the envelope. Never {@code Flags: milter}: with
 * it rspamd folds DKIM-Signature with a bare LF, and returns a rewritten body without its header section.
 */
final class RspamdRequest {

    /** Its selector is the one thread that all scanners share; it ends when nobody uses it any more. */
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    /** Octets of a reply beyond those of a message that comes back. */
    private static final int MAX_JSON = 4 << 20;

    private final Scanned scanned;
    private final Optional<String> settingsId;
    private final Optional<String> mtaName;

    RspamdRequest(Scanned scanned, Optional<String> settingsId, Optional<String> mtaName) {
        this.scanned = scanned;
        this.settingsId = settingsId;
        this.mtaName = mtaName;
    }

    /** Asks one rspamd. */
    RspamdReply ask(URI rspamd, Duration limit) throws IOException, InterruptedException {
        long length = length();
        HttpRequest.Builder request = HttpRequest.newBuilder(rspamd.resolve("/checkv2"))
                .timeout(limit)
                .POST(BodyPublishers.fromPublisher(
                        BodyPublishers.ofInputStream(() -> scanned.message().open()), length));
        headers(request);
        HttpResponse<InputStream> response = HTTP.send(request.build(), BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            if (response.statusCode() != 200) {
                throw new ProtocolException("rspamd replied with HTTP status " + response.statusCode());
            }
            int most = (int) Math.min(Integer.MAX_VALUE - 16, length * 2 + MAX_JSON);
            byte[] body = in.readNBytes(most + 1);
            if (body.length > most) {
                throw new ProtocolException("rspamd's reply has more than " + most + " octets");
            }
            return RspamdReply.parse(body, offset(response));
        }
    }

    private static OptionalInt offset(HttpResponse<?> response) throws IOException {
        try {
            long offset = response.headers().firstValueAsLong("Message-Offset").orElse(-1);
            return offset < 0 ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(offset));
        } catch (ArithmeticException | NumberFormatException e) {
            throw new ProtocolException("rspamd's Message-Offset is no number");
        }
    }

    private long length() throws IOException {
        try (InputStream message = scanned.message().open()) {
            return message.transferTo(OutputStream.nullOutputStream());
        }
    }

    private void headers(HttpRequest.Builder request) {
        if (!scanned.client().getAddress().isAnyLocalAddress()) {
            header(request, "IP", scanned.client().getAddress().getHostAddress());
        }
        scanned.hello().map(Hello::name).ifPresent(name -> header(request, "Helo", name));
        header(
                request,
                "From",
                scanned.message().mail().sender().map(Mailbox::octets).orElse(""));
        List<RcptTo> recipients = scanned.message().recipients();
        recipients.forEach(r -> header(request, "Rcpt", r.recipient().octets()));
        if (recipients.size() == 1) {
            header(request, "Deliver-To", recipients.get(0).recipient().octets());
        }
        if (scanned.authenticated()) {
            header(request, "User", scanned.identity().orElse("authenticated"));
        }
        header(request, "Queue-ID", scanned.id());
        header(request, "Log-Tag", scanned.id());
        header(request, "MTA-Tag", "smtpproxy");
        mtaName.ifPresent(name -> header(request, "MTA-Name", name));
        settingsId.ifPresent(id -> header(request, "Settings-ID", id));
        scanned.tls().ifPresent(tls -> {
            header(request, "TLS-Cipher", tls.cipherSuite());
            header(request, "TLS-Version", tls.protocol());
        });
        header(request, "Pass", "all");
        header(request, "Flags", "body_block,groups");
    }

    /** What a client sent must not begin another header. */
    private static void header(HttpRequest.Builder request, String name, String value) {
        request.header(name, value.replaceAll("[^ -~\\x80-\\xFF]", "?"));
    }
}
