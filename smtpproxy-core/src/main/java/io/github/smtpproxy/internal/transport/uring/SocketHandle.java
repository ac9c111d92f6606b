package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Descriptors;
import java.io.IOException;
import java.nio.channels.SocketChannel;

/**
 * A socket as the kernel knows it: a descriptor, and the number of its requests. The number of a closed descriptor may at
 * once belong to another socket. So a descriptor is closed only when the kernel has taken all requests for it, and no
 * thread is in a call with it. That is decided with the ring's lock, which all methods need but those that say otherwise.
 */
final class SocketHandle {

    private final SocketChannel channel;
    private int descriptor;
    private int number;

    private int calls;
    private volatile boolean closed;
    private volatile boolean channelClosed;

    private int closesAfter;
    private SocketHandle nextClosing;

    SocketHandle(SocketChannel channel) {
        this.channel = channel;
    }

    /** At the first wait; from then on neither changes. Without the lock. */
    void open(int requestNumber) {
        descriptor = Descriptors.of(channel);
        number = requestNumber;
    }

    /** Without the lock. */
    int descriptor() {
        return descriptor;
    }

    /** Without the lock. */
    int number() {
        return number;
    }

    /** Whether the socket is closed; the descriptor may be open still. Without the lock. */
    boolean isClosed() {
        return closed;
    }

    /** Returns whether the socket was open. */
    boolean markClosed() {
        boolean wasOpen = !closed;
        closed = true;
        return wasOpen;
    }

    /** Returns false if the socket is closed; else its descriptor stays open until {@link #endCall}. */
    boolean beginCall() {
        if (!closed) {
            calls++;
        }
        return !closed;
    }

    /** Returns whether the socket was closed meanwhile, and its descriptor waits for that. */
    boolean endCall() {
        return --calls == 0 && closed;
    }

    boolean isInCall() {
        return calls > 0;
    }

    /** The descriptor is to be closed when so many requests have been submitted, see {@link Ring#requested}. */
    void closeAfter(int requested) {
        closesAfter = requested;
    }

    int closesAfter() {
        return closesAfter;
    }

    void setNextClosing(SocketHandle next) {
        nextClosing = next;
    }

    SocketHandle nextClosing() {
        return nextClosing;
    }

    /** Without the lock. */
    void closeChannel() throws IOException {
        try {
            channel.close();
        } finally {
            channelClosed = true;
        }
    }

    /** Whether the descriptor is closed. Without the lock. */
    boolean isChannelClosed() {
        return channelClosed;
    }

    @Override
    public String toString() {
        return channel.toString();
    }
}
