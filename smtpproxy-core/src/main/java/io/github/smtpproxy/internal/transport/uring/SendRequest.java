package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Errno;
import io.github.smtpproxy.internal.transport.uring.SendBlocks.Block;
import java.net.SocketException;

/**
 * A socket's request to send a block, or to wait for room. One thread writes; while the request is under way the other
 * fields are the poller's.
 */
final class SendRequest {

    private volatile boolean underWay;
    private Block block;
    private int from;
    private int to;
    /** An {@link Errno}, or 0. Once the output has failed, it stays so. */
    private volatile int failure;

    /** With the ring's lock. */
    void begin(Block toSend, int length) {
        block = toSend;
        from = 0;
        to = length;
        underWay = true;
    }

    /** With the ring's lock. */
    void beginWaitForRoom() {
        begin(null, 0);
    }

    boolean isUnderWay() {
        return underWay;
    }

    void checkNotFailed() throws SocketException {
        if (failure != 0) {
            throw Errno.exception(failure);
        }
    }

    /** Notes what the kernel has taken; returns whether there is a rest that it should be given. */
    boolean hasRestAfter(int octetsOrError) {
        if (octetsOrError < 0 && !Errno.isTransient(octetsOrError)) {
            failure = -octetsOrError;
        }
        from += Math.max(octetsOrError, 0);
        return block != null && from < to && failure == 0;
    }

    long restAddress() {
        return block.address() + from;
    }

    int restLength() {
        return to - from;
    }

    void complete(SendBlocks blocks) {
        if (block != null) {
            blocks.giveBack(block);
            block = null;
        }
        underWay = false;
    }
}
