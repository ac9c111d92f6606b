package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Errno;
import java.net.SocketException;

/**
 * A socket's request to receive a block, and what came of it. One thread reads; while the request is under way the other
 * fields are the poller's.
 */
final class ReceiveRequest {

    private volatile boolean underWay;
    private boolean answered;
    private int result;
    private byte[] octets;
    private int position;

    /** With the ring's lock. */
    void begin() {
        underWay = true;
    }

    boolean isUnderWay() {
        return underWay;
    }

    void complete(int octetsOrError, byte[] received) {
        result = octetsOrError;
        octets = received;
        position = 0;
        answered = true;
        underWay = false;
    }

    /** Whether it is complete, and its answer has not been read to the end. */
    boolean isAnswered() {
        return !underWay && answered;
    }

    /** The octets of the answer that have not been read yet. */
    int available() {
        return isAnswered() && result > 0 ? result - position : 0;
    }

    /** Whether it filled a whole block, so that more octets are likely to be there. */
    boolean wasFull() {
        return result == ReceiveBuffers.SIZE;
    }

    /** Returns the octets read, 0 if it is to be requested again, below 0 at the end. */
    int read(byte[] target, int offset, int length) throws SocketException {
        if (result <= 0) {
            answered = false;
            if (result < 0 && !Errno.isTransient(result)) {
                throw Errno.exception(-result);
            }
            return result == 0 ? -1 : 0;
        }
        int n = Math.min(length, result - position);
        System.arraycopy(octets, position, target, offset, n);
        position += n;
        if (position == result) {
            answered = false;
            octets = null;
        }
        return n;
    }
}
