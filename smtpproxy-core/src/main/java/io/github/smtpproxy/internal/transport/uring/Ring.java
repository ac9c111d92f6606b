package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Errno;
import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An io_uring: requests are written into memory that the kernel reads, completions are read from memory that the kernel
 * writes, and one system call hands over the requests of many sockets and waits for what completes. See
 * {@code io_uring(7)}; numbers and offsets are those of {@code linux/io_uring.h}.
 *
 * <p>Who asks for something holds the ring's lock; one thread at a time waits, without it. A request belongs to the
 * thread that handed it over: if that thread ends before, it completes as cancelled.
 */
final class Ring {

    /** What a request is for. */
    static final int WAKE = 0;

    static final int RECEIVE = 1;
    static final int SEND = 2;
    static final int CANCEL = 3;

    private static final int OPERATION_BITS = 2;
    private static final int REQUESTS = 1024;
    private static final int COMPLETIONS = 4 * REQUESTS;

    private static final int IO_URING_SETUP = 425;
    private static final int IO_URING_ENTER = 426;
    private static final int IO_URING_REGISTER = 427;
    private static final int REGISTER_BUFFERS = 22;

    /**
     * The size is ours (8); one request that fails does not hold up those behind it (128); a thread that is to see a
     * completion is not interrupted for it, since it comes by itself (256). That it is always the same thread is not
     * promised: it would save little more, and another could not take over.
     */
    private static final int SETUP = 8 | 128 | 256;

    private static final int GET_EVENTS = 1;
    private static final int WITH_TIMEOUT = 8;
    private static final long REQUESTS_OFFSET = 0x10000000L;

    private static final int REQUEST_SIZE = 64;
    private static final int COMPLETION_SIZE = 16;
    private static final int HAS_BUFFER = 1;
    private static final int BUFFER_SHIFT = 16;

    private static final byte OP_NOP = 0;
    private static final byte OP_POLL = 6;
    private static final byte OP_CANCEL = 14;
    private static final byte OP_SEND = 26;
    private static final byte OP_RECV = 27;
    private static final byte BUFFER_SELECT = 32;
    private static final short POLL_FIRST = 1;
    private static final int ALL_OF_FD = 1 | 2;
    private static final int POLL_OUT = 4;
    private static final int WAIT_ALL = 0x100;
    static final int DONT_WAIT = 0x40;
    static final int NO_SIGNAL = 0x4000;

    /** Told of a completion by the thread that waited. */
    interface Listener {
        /**
         * @param of as given with the request
         * @param result as of the system call; below 0 it is an error's number
         * @param octets what was received, or null
         */
        void completed(int of, int operation, int result, byte[] octets);
    }

    private final int fd;
    private final SharedMemory queues;
    private final SharedMemory requests;
    private final SharedMemory timeout;
    private final ReceiveBuffers buffers;
    private final int requestHead;
    private final int requestTail;
    private final int completionHead;
    private final int completionTail;
    private final int completions;
    /** Held for a few instructions, and never while waiting. A monitor could be promised to a thread that is not carried. */
    private final AtomicBoolean locked = new AtomicBoolean();

    private int tail;
    private boolean closed;

    Ring() throws IOException {
        timeout = SharedMemory.anonymous(4096);
        ByteBuffer parameters = timeout.octets();
        parameters.putInt(4, COMPLETIONS).putInt(8, SETUP);
        fd = (int) Libc.syscall(IO_URING_SETUP, REQUESTS, timeout.address(), 0, 0, 0, 0);
        if (fd < 0) {
            timeout.unmap();
            throw new IOException("the kernel gives no io_uring; Linux 6.0 or later that allows it is needed");
        }
        requestHead = parameters.getInt(40);
        requestTail = parameters.getInt(44);
        completionHead = parameters.getInt(80);
        completionTail = parameters.getInt(84);
        completions = parameters.getInt(100);
        int order = parameters.getInt(64);
        queues = SharedMemory.of(fd, 0, Math.max(order + REQUESTS * 4, completions + COMPLETIONS * COMPLETION_SIZE));
        requests = SharedMemory.of(fd, REQUESTS_OFFSET, REQUESTS * REQUEST_SIZE);
        for (int i = 0; i < REQUESTS; i++) {
            queues.octets().putInt(order + 4 * i, i);
        }
        buffers = new ReceiveBuffers();
        register();
    }

    private void register() throws IOException {
        ByteBuffer registration = timeout.octets();
        for (int i = 0; i < 40; i += 8) {
            registration.putLong(i, 0);
        }
        buffers.describe(registration);
        if (Libc.syscall(IO_URING_REGISTER, fd, REGISTER_BUFFERS, timeout.address(), 1, 0, 0) < 0) {
            close(true);
            throw new IOException("the kernel takes no buffers for its io_uring; Linux 6.0 or later is needed");
        }
    }

    void lock() {
        while (!locked.compareAndSet(false, true)) {
            Thread.yield();
        }
    }

    void unlock() {
        locked.set(false);
    }

    /** Waits before it tries: nothing is likely to be there yet. */
    void receive(int socket, int of) {
        int at = request(OP_RECV, socket, of, RECEIVE);
        requests.octets().put(at + 1, BUFFER_SELECT).putShort(at + 2, POLL_FIRST);
        submitted();
    }

    /** The octets at the address must stay until it completes. */
    void send(int socket, long address, int length, int of) {
        int at = request(OP_SEND, socket, of, SEND);
        requests.octets().putLong(at + 16, address).putInt(at + 24, length).putInt(at + 28, WAIT_ALL | NO_SIGNAL);
        submitted();
    }

    /** Completes as a send. */
    void awaitWritable(int socket, int of) {
        int at = request(OP_POLL, socket, of, SEND);
        requests.octets().putInt(at + 28, POLL_OUT);
        submitted();
    }

    /** Has all requests for a socket complete. */
    void cancel(int socket) {
        int at = request(OP_CANCEL, socket, 0, CANCEL);
        requests.octets().putInt(at + 28, ALL_OF_FD);
        submitted();
    }

    /** Has who waits look around. */
    void wake() {
        lock();
        try {
            if (!closed) {
                request(OP_NOP, -1, 0, WAKE);
                submitted();
                enter(pending(), 0, 0, 0, 0);
            }
        } finally {
            unlock();
        }
    }

    /** Counts what has been asked for, and what of it has been handed over. */
    int asked() {
        return tail;
    }

    boolean isHandedOver(int asked) {
        return queues.getAcquire(requestHead) - asked >= 0;
    }

    /** Hands all requests over, and lets the kernel go on with what waits for this thread. */
    void submit() {
        enter(pending(), 0, GET_EVENTS, 0, 0);
    }

    /** Hands all requests over and waits until something completes, or for so long; 0 is without end. */
    void await(long nanos) {
        if (nanos == 0) {
            enter(pending(), 1, GET_EVENTS, 0, 0);
        } else {
            timeout.octets()
                    .putLong(0, 0)
                    .putLong(8, 0)
                    .putLong(16, timeout.address() + 24)
                    .putLong(24, nanos / 1_000_000_000)
                    .putLong(32, nanos % 1_000_000_000);
            enter(pending(), 1, GET_EVENTS | WITH_TIMEOUT, timeout.address(), 24);
        }
    }

    /** Tells of all that has completed. */
    void completed(Listener listener) {
        ByteBuffer all = queues.octets();
        int head = all.getInt(completionHead);
        int last = queues.getAcquire(completionTail);
        for (; head != last; head++) {
            int at = completions + (head & COMPLETIONS - 1) * COMPLETION_SIZE;
            int tag = (int) all.getLong(at);
            int result = all.getInt(at + 8);
            int flags = all.getInt(at + 12);
            byte[] octets = (flags & HAS_BUFFER) == 0 ? null : buffers.take(flags >>> BUFFER_SHIFT, result);
            boolean lost = octets == null && result > 0 && (flags & HAS_BUFFER) != 0;
            queues.setRelease(completionHead, head + 1);
            listener.completed(
                    tag >>> OPERATION_BITS, tag & (1 << OPERATION_BITS) - 1, lost ? -Errno.NO_MEMORY : result, octets);
        }
    }

    /**
     * By the thread that waits.
     *
     * @param idle whether all requests have completed: else the kernel may still write into the buffers
     */
    void close(boolean idle) {
        lock();
        closed = true;
        unlock();
        Libc.close(fd);
        queues.unmap();
        requests.unmap();
        timeout.unmap();
        if (idle) {
            buffers.unmap();
        }
    }

    /** Where the next request is to be written. */
    private int request(byte what, int socket, int of, int operation) {
        assert locked.get() && !closed;
        while (pending() == REQUESTS) {
            enter(REQUESTS, 0, GET_EVENTS, 0, 0);
        }
        int at = (tail & REQUESTS - 1) * REQUEST_SIZE;
        ByteBuffer all = requests.octets();
        all.putInt(at, 0)
                .put(at, what)
                .putInt(at + 4, socket)
                .putLong(at + 8, 0)
                .putLong(at + 16, 0);
        all.putLong(at + 24, 0)
                .putLong(at + 32, (long) of << OPERATION_BITS | operation)
                .putLong(at + 40, 0);
        return at;
    }

    private void submitted() {
        queues.setVolatile(requestTail, ++tail);
    }

    private int pending() {
        return queues.getAcquire(requestTail) - queues.getAcquire(requestHead);
    }

    private void enter(int handingOver, int awaiting, int flags, long argument, int size) {
        Libc.syscall(IO_URING_ENTER, fd, handingOver, awaiting, flags, argument, size);
    }
}
