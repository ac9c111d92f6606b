package io.github.smtpproxy.service;

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
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * One request on a connection of its own, in HTTP/1.0 (RFC 1945) or, where its head says so, in HTTP/1.1 (RFC 9112) with
 * {@code Connection: close}. Own code: the JDK's client has no bound for a status line and a header, and keeps a connection
 * open on which a server sends without end.
 */
public final class HttpExchange {

    private static final int MAX_HEAD = 16 * 1024;

    private HttpExchange() {}

    /**
     * What is sent.
     *
     * @param head request line and fields, each with CRLF, without the empty line
     * @param body of the length that the head gives
     */
    public record Request(String head, InputStream body) {
        /** Refuses null. */
        public Request {
            Objects.requireNonNull(head, "head");
            Objects.requireNonNull(body, "body");
        }
    }

    /**
     * What came back.
     *
     * @param status such as 200
     * @param fields by their names in lower case
     * @param body empty where it was not asked for
     */
    @SuppressWarnings("ArrayRecordComponent") // read once, by whoever asked
    public record Response(int status, Map<String, String> fields, byte[] body) {
        /** Refuses null. */
        public Response {
            Objects.requireNonNull(body, "body");
            fields = Map.copyOf(Objects.requireNonNull(fields, "fields"));
        }

        /**
         * The value of a field as a number; empty where there is none.
         *
         * @throws ProtocolException if it is no number
         */
        public OptionalInt number(String field) throws ProtocolException {
            Objects.requireNonNull(field, "field");
            Optional<String> value = Optional.ofNullable(fields.get(field));
            if (value.isPresent() && !value.get().matches("\\d{1,9}")) {
                throw new ProtocolException("the response's " + field + " is no number");
            }
            return value.isPresent() ? OptionalInt.of(Integer.parseInt(value.get())) : OptionalInt.empty();
        }
    }

    /** A field of a request, with CRLF; what a client sends in its value cannot begin another one. */
    public static String field(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        return name + ": " + value.replaceAll("[^ -~\\x80-\\xFF]", "?") + "\r\n";
    }

    /**
     * Sends a request and reads its response.
     *
     * @param server {@code http} or {@code https}
     * @param limit of the whole exchange
     * @param most octets of a response's body; 0 for not to read it
     */
    public static Response send(URI server, Duration limit, Request request, int most) throws IOException {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(request, "request");
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
        // of empty lines alone, split makes nothing at all
        String[] status = lines.length == 0 ? new String[0] : lines[0].split(" ", 3);
        if (status.length < 2 || !lines[0].startsWith("HTTP/1.") || !status[1].matches("\\d{3}")) {
            throw new ProtocolException("the response is not HTTP");
        }
        Map<String, String> fields = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = Math.max(0, lines[i].indexOf(':'));
            String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
            fields.put(
                    name,
                    lines[i].substring(Math.min(colon + 1, lines[i].length())).strip());
        }
        Response response = new Response(Integer.parseInt(status[1]), fields, new byte[0]);
        return most == 0 ? response : body(response, in, most);
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
        if (head.fields().getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            return new Response(head.status(), head.fields(), ChunkedBody.read(in, most));
        }
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
        return new Response(head.status(), head.fields(), body);
    }
}
