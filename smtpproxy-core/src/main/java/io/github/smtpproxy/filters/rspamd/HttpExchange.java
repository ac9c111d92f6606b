package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.filters.ServiceAddress;
import io.github.smtpproxy.filters.ServiceConnection;
import io.github.smtpproxy.filters.TooLargeException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * One POST in HTTP/1.0 (RFC 1945), where a response is neither chunked nor kept open. Own code: the JDK's client has no bound
 * for a status line and a header, and keeps a connection open on which a server sends without end.
 */
final class HttpExchange {

    private static final int MAX_HEAD = 16 * 1024;
    private static final int OK = 200;
    private static final int TOO_LARGE = 413;

    private HttpExchange() {}

    /** What is sent: lines of the head without an empty one, and a body whose length they tell. */
    record Request(String head, InputStream body) {}

    /** What came back: the fields' names in lower case. */
    record Response(Map<String, String> fields, byte[] body) {

        OptionalInt number(String field) throws ProtocolException {
            Optional<String> value = Optional.ofNullable(fields.get(field));
            if (value.isPresent() && !value.get().matches("\\d{1,9}")) {
                throw new ProtocolException("the response's " + field + " is no number");
            }
            return value.isPresent() ? OptionalInt.of(Integer.parseInt(value.get())) : OptionalInt.empty();
        }
    }

    /**
     * Sends a request and reads its response.
     *
     * @param most octets of a response's body
     */
    static Response post(URI server, Duration limit, Request request, int most) throws IOException {
        boolean tls = server.getScheme().equals("https");
        String host = server.getHost().replaceAll("[\\[\\]]", "");
        int port = server.getPort() > 0 ? server.getPort() : tls ? 443 : 80;
        try (ServiceConnection connection = ServiceConnection.open(ServiceAddress.tcp(host, port), limit)) {
            if (tls) {
                connection.secure(host, port);
            }
            Optional<IOException> failure = send(request, connection.out());
            // a server that does not want the rest answers and closes while we still write
            try {
                return read(new BufferedInputStream(connection.in()), most);
            } catch (TooLargeException told) {
                throw told;
            } catch (IOException e) {
                throw failure.orElse(e);
            }
        }
    }

    private static Optional<IOException> send(Request request, OutputStream out) throws IOException {
        byte[] block = new byte[64 * 1024];
        try {
            out.write((request.head() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.of(e);
        }
        for (int n = request.body().read(block); n >= 0; n = request.body().read(block)) {
            try {
                out.write(block, 0, n);
            } catch (IOException e) {
                return Optional.of(e);
            }
        }
        return Optional.empty();
    }

    private static Response read(InputStream in, int most) throws IOException {
        String[] lines = head(in).split("\r?\n");
        String[] status = lines[0].split(" ", 3);
        if (!lines[0].startsWith("HTTP/1.") || status.length < 2 || !status[1].matches("\\d{3}")) {
            throw new ProtocolException("the response is not HTTP");
        }
        int code = Integer.parseInt(status[1]);
        if (code == TOO_LARGE) {
            throw new TooLargeException("rspamd replied with HTTP status " + code);
        }
        if (code != OK) {
            throw new ProtocolException("rspamd replied with HTTP status " + code);
        }
        Map<String, String> fields = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = Math.max(0, lines[i].indexOf(':'));
            String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
            fields.put(
                    name,
                    lines[i].substring(Math.min(colon + 1, lines[i].length())).strip());
        }
        return body(new Response(fields, new byte[0]), in, most);
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", head.length() - 4) < 0 && head.indexOf("\n\n", head.length() - 2) < 0) {
            int octet = in.read();
            if (octet < 0) {
                throw new EOFException("the server closed before its response was complete");
            }
            if (head.length() == MAX_HEAD) {
                throw new ProtocolException("the response's head has more than " + MAX_HEAD + " octets");
            }
            head.append((char) octet);
        }
        return head.toString();
    }

    private static Response body(Response head, InputStream in, int most) throws IOException {
        OptionalInt length = head.number("content-length");
        if (length.orElse(0) > most) {
            throw new ProtocolException("the response has more than " + most + " octets");
        }
        byte[] body = in.readNBytes(length.orElse(most + 1));
        if (body.length < length.orElse(0)) {
            throw new EOFException("the server closed before its response was complete");
        }
        if (body.length > most) {
            throw new ProtocolException("the response has more than " + most + " octets");
        }
        return new Response(head.fields(), body);
    }
}
