package io.github.smtpproxy.service;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/** The body of a response that comes in chunks (RFC 9112 §7.1). What follows the last one is not read. */
final class ChunkedBody {

    private static final int MAX_LINE = 1_000;

    private ChunkedBody() {}

    /** Reads all of it, which is so many octets at most. */
    static byte[] read(InputStream in, int most) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = size(in); size > 0; size = size(in)) {
            if (size > most - body.size()) {
                throw new ProtocolException("the response has more than " + most + " octets");
            }
            byte[] chunk = in.readNBytes(size);
            if (chunk.length < size) {
                throw new EOFException("the server closed before its response was complete");
            }
            body.write(chunk);
            if (!line(in).isEmpty()) {
                throw new ProtocolException("a chunk of the response is longer than its size");
            }
        }
        return body.toByteArray();
    }

    private static int size(InputStream in) throws IOException {
        String size = line(in).split(";", 2)[0].strip();
        if (!size.matches("0*[0-9A-Fa-f]{1,7}")) {
            throw new ProtocolException("a chunk of the response has no size");
        }
        return Integer.parseInt(size, 16);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new EOFException("the server closed before its response was complete");
            }
            if (line.length() == MAX_LINE) {
                throw new ProtocolException("a line of the response has more than " + MAX_LINE + " octets");
            }
            line.append((char) octet);
        }
        return line.toString().strip();
    }
}
