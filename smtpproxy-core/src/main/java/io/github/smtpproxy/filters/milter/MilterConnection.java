package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.service.ServiceConnection;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;

/**
 * A connection with a milter: frames of a length of 32 bits, a command of one octet, and data. What is written is kept until
 * an answer is needed, so that it goes in few packets.
 */
final class MilterConnection implements AutoCloseable {

    /** A connection that waits for the client is not closed before. */
    private static final Duration IDLE = Duration.ofDays(1);

    private static final int MAX_FRAME = 1 << 20;
    private static final int MAX_KEPT = 64 * 1024;

    private final ServiceAddress address;
    private final ServiceConnection service;
    private final InputStream in;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private MilterConnection(ServiceAddress address, ServiceConnection service) throws IOException {
        this.address = address;
        this.service = service;
        this.in = new BufferedInputStream(service.in());
    }

    static MilterConnection open(ServiceAddress address, Duration limit) throws IOException {
        return new MilterConnection(address, ServiceConnection.open(address, limit));
    }

    ServiceAddress address() {
        return address;
    }

    /** Writes a frame, now or before the next answer is read. */
    void write(char command, byte[] data, Duration limit) throws IOException {
        out.writeBytes(
                ByteBuffer.allocate(Integer.BYTES).putInt(data.length + 1).array());
        out.write(command);
        out.writeBytes(data);
        if (out.size() > MAX_KEPT) {
            flush(limit);
        }
    }

    /** Writes what is kept. */
    void flush(Duration limit) throws IOException {
        service.limit(limit);
        try {
            service.out().write(out.toByteArray());
            out.reset();
        } catch (ClosedChannelException atTheLimit) {
            throw late(limit);
        }
    }

    /**
     * What is there before it was asked for answers nothing.
     *
     * @throws ProtocolException if there is something
     * @throws EOFException if the milter has closed
     */
    void requireSilence() throws IOException {
        int there = in.available() > 0 ? 1 : service.glance();
        if (there > 0) {
            throw new ProtocolException("it answers more than it was asked");
        }
        if (there < 0) {
            throw new EOFException("it closed while nothing was asked");
        }
    }

    /** The next frame. */
    Frame read(Duration limit) throws IOException {
        flush(limit);
        try {
            int length = ByteBuffer.wrap(octets(Integer.BYTES)).getInt();
            if (length < 1 || length > MAX_FRAME) {
                throw new ProtocolException(
                        "the length of its answer is " + Integer.toUnsignedString(length) + ", not 1 to " + MAX_FRAME);
            }
            return new Frame((char) (octets(1)[0] & 0xFF), octets(length - 1));
        } catch (ClosedChannelException atTheLimit) {
            throw late(limit);
        }
    }

    private byte[] octets(int length) throws IOException {
        byte[] octets = in.readNBytes(length);
        if (octets.length < length) {
            throw new EOFException("it closed before its answer was complete");
        }
        return octets;
    }

    private static SocketTimeoutException late(Duration limit) {
        return new SocketTimeoutException("no answer within " + limit);
    }

    /** Nothing is asked until the client goes on. */
    void rest() {
        service.limit(IDLE);
    }

    @Override
    public void close() {
        try {
            service.close();
        } catch (IOException closed) {
            // nobody can use it any more
        }
    }
}
