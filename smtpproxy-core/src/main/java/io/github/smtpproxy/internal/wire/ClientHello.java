package io.github.smtpproxy.internal.wire;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A TLS client's first message (RFC 8446 §4.1.2), for the server name in it (RFC 6066 §3). Immutable. */
final class ClientHello {

    // the JDK shows the name to a key manager only, and none that is no host name
    private static final int MOST = 32 * 1024;
    private static final int HANDSHAKE = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;
    private static final int VERSION_AND_RANDOM = 34;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;

    private final byte[] message;
    private final boolean whole;

    private ClientHello(byte[] message, boolean whole) {
        this.message = message;
        this.whole = whole;
    }

    /** What a client has sent so far. */
    static ClientHello of(byte[] octets, int from, int to) {
        ByteBuffer records = ByteBuffer.wrap(octets, from, to - from);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (records.hasRemaining()) {
            if (records.get(records.position()) != HANDSHAKE || records.position() - from > MOST) {
                return new ClientHello(message.toByteArray(), true);
            }
            if (records.remaining() < RECORD_HEADER) {
                return new ClientHello(message.toByteArray(), false);
            }
            int length = records.getShort(records.position() + 3) & 0xFFFF;
            records.position(records.position() + RECORD_HEADER);
            int here = Math.min(length, records.remaining());
            message.write(octets, records.position(), here);
            records.position(records.position() + here);
        }
        byte[] all = message.toByteArray();
        return new ClientHello(all, all.length >= MESSAGE_HEADER && all.length >= MESSAGE_HEADER + length(all));
    }

    private static int length(byte[] message) {
        return ByteBuffer.wrap(message).getInt() & 0xFFFFFF;
    }

    /** Whether nothing that comes later belongs to it; so it is where it is no such message. */
    boolean isWhole() {
        return whole;
    }

    /** The name, octet for octet; empty where it has none, or is no such message. */
    Optional<byte[]> serverName() {
        try {
            ByteBuffer in = ByteBuffer.wrap(message);
            return in.getInt() >>> 24 == CLIENT_HELLO ? serverName(extensions(in)) : Optional.empty();
        } catch (BufferUnderflowException | IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    private static ByteBuffer extensions(ByteBuffer in) {
        in.position(in.position() + VERSION_AND_RANDOM);
        take(in, in.get() & 0xFF); // the session's id
        take(in, in.getShort() & 0xFFFF); // cipher suites
        take(in, in.get() & 0xFF); // compression methods
        return take(in, in.getShort() & 0xFFFF);
    }

    private static Optional<byte[]> serverName(ByteBuffer extensions) {
        while (extensions.hasRemaining()) {
            int type = extensions.getShort() & 0xFFFF;
            ByteBuffer extension = take(extensions, extensions.getShort() & 0xFFFF);
            if (type == SERVER_NAME) {
                ByteBuffer first = take(extension, extension.getShort() & 0xFFFF);
                boolean isHost = first.get() == HOST_NAME;
                byte[] name = new byte[first.getShort() & 0xFFFF];
                first.get(name);
                return Optional.of(name).filter(any -> isHost && any.length > 0);
            }
        }
        return Optional.empty();
    }

    private static ByteBuffer take(ByteBuffer in, int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer part = in.slice(in.position(), length);
        in.position(in.position() + length);
        return part;
    }
}
