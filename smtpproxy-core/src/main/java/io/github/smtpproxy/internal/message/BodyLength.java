package io.github.smtpproxy.internal.message;

/** Counts the octets of a body in its form on the wire, but for the dots of dot-stuffing (RFC 5321 §4.5.2). */
final class BodyLength {

    private boolean lineStart;
    private byte last;
    private long octets;

    /** @param lineStart whether the body starts a line */
    BodyLength(boolean lineStart) {
        this.lineStart = lineStart;
    }

    void add(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte octet = bytes[i];
            boolean stuffed = lineStart && octet == '.';
            octets += stuffed ? 0 : 1;
            lineStart = last == '\r' && octet == '\n';
            last = octet;
        }
    }

    long octets() {
        return octets;
    }
}
