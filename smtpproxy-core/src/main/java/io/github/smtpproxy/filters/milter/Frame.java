package io.github.smtpproxy.filters.milter;

import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One packet of the milter protocol: a command or an answer, and its data.
 *
 * @param command one octet
 * @param data what follows it
 */
record Frame(char command, byte[] data) {

    /** Reads the parts of a frame's data. */
    static final class Parts {
        private final char command;
        private final ByteBuffer left;

        Parts(Frame frame) {
            this.command = frame.command;
            this.left = ByteBuffer.wrap(frame.data);
        }

        boolean isEmpty() {
            return !left.hasRemaining();
        }

        /** A number of 32 bits, as it is there. */
        int number() throws ProtocolException {
            if (left.remaining() < Integer.BYTES) {
                throw malformed();
            }
            return left.getInt();
        }

        /** Text up to its NUL, one char for each octet. */
        String text() throws ProtocolException {
            int start = left.position();
            while (left.hasRemaining()) {
                if (left.get() == 0) {
                    int length = left.position() - 1 - start;
                    return new String(left.array(), start, length, StandardCharsets.ISO_8859_1);
                }
            }
            throw malformed();
        }

        /** Nothing more may follow. */
        void end() throws ProtocolException {
            if (!isEmpty()) {
                throw malformed();
            }
        }

        private ProtocolException malformed() {
            return new ProtocolException("its answer " + Frame.name(command) + " is malformed");
        }
    }

    Parts parts() {
        return new Parts(this);
    }

    /** The command for a log. */
    static String name(char command) {
        return command > ' ' && command < 0x7F ? "'" + command + "'" : Integer.toString(command);
    }

    /** Data that is put together. */
    static final class Data {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Data octet(char octet) {
            out.write(octet);
            return this;
        }

        Data number(int value) {
            out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
            return this;
        }

        Data octets(byte[] octets) {
            out.writeBytes(octets);
            return this;
        }

        Data port(int value) {
            out.write(value >> 8);
            out.write(value);
            return this;
        }

        /** Text and a NUL. A NUL within it would begin another part. */
        Data text(String value) {
            out.writeBytes(value.replace('\0', '?').getBytes(StandardCharsets.ISO_8859_1));
            return octet('\0');
        }

        byte[] toBytes() {
            return out.toByteArray();
        }
    }
}
