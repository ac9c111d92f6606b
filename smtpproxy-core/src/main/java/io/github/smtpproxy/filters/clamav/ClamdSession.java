package io.github.smtpproxy.filters.clamav;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.service.ServiceConnection;
import io.github.smtpproxy.service.TooLargeException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** One {@code zINSTREAM} with clamd (clamd(8)): chunks with their length before them, then the answer. */
final class ClamdSession {

    private static final byte[] INSTREAM = "zINSTREAM\0".getBytes(StandardCharsets.US_ASCII);
    private static final int CHUNK = 64 * 1024;
    private static final int LENGTH = 4;
    private static final int MAX_ANSWER = 4096;
    private static final String STREAM = "stream: ";
    private static final String FOUND = " FOUND";

    private ClamdSession() {}

    /**
     * Scans octets.
     *
     * @return the name of what was found, if anything
     * @throws TooLargeException above clamd's StreamMaxLength
     */
    static Optional<String> scan(ServiceAddress clamd, Duration limit, InputStream octets) throws IOException {
        try (ServiceConnection connection = ServiceConnection.open(clamd, limit)) {
            Optional<IOException> failure = send(octets, connection.out());
            // clamd answers and closes while we still write: its answer has the reason
            String answer;
            try {
                answer = read(connection.in());
            } catch (IOException e) {
                throw failure.orElse(e);
            }
            return verdict(answer);
        }
    }

    private static Optional<IOException> send(InputStream octets, OutputStream out) throws IOException {
        byte[] block = new byte[LENGTH + CHUNK];
        try {
            write(out, INSTREAM, INSTREAM.length);
            for (int n = readBlock(octets, block); ; n = readBlock(octets, block)) {
                ByteBuffer.wrap(block).putInt(n);
                write(out, block, LENGTH + n);
                if (n == 0) {
                    return Optional.empty();
                }
            }
        } catch (WriteFailedException e) {
            return Optional.of(e);
        }
    }

    private static int readBlock(InputStream octets, byte[] block) throws IOException {
        return octets.readNBytes(block, LENGTH, CHUNK);
    }

    private static void write(OutputStream out, byte[] block, int length) throws WriteFailedException {
        try {
            out.write(block, 0, length);
        } catch (IOException e) {
            throw new WriteFailedException(e);
        }
    }

    /** The service stopped reading; unlike a message that cannot be read. */
    private static final class WriteFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        WriteFailedException(IOException cause) {
            super("clamd stopped reading: " + cause.getMessage(), cause);
        }
    }

    private static String read(InputStream in) throws IOException {
        byte[] answer = new byte[MAX_ANSWER];
        int length = 0;
        while (length < MAX_ANSWER) {
            int n = in.read(answer, length, MAX_ANSWER - length);
            if (n < 0) {
                throw new EOFException("clamd closed before its answer was complete");
            }
            length += n;
            if (answer[length - 1] == 0) {
                return new String(answer, 0, length - 1, StandardCharsets.ISO_8859_1);
            }
        }
        throw new ProtocolException("clamd's answer has more than " + MAX_ANSWER + " octets");
    }

    private static Optional<String> verdict(String answer) throws IOException {
        if (answer.startsWith(STREAM) && answer.endsWith(FOUND)) {
            return Optional.of(answer.substring(STREAM.length(), answer.length() - FOUND.length()));
        }
        if (answer.startsWith("INSTREAM size limit exceeded")) {
            throw new TooLargeException("clamd: " + answer);
        }
        if (!answer.equals(STREAM + "OK")) {
            throw new ProtocolException("clamd answered: " + answer);
        }
        return Optional.empty();
    }
}
