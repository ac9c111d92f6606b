package io.github.smtpproxy.internal.transport.uring;

import io.github.smtpproxy.internal.transport.linux.Errno;
import io.github.smtpproxy.internal.transport.linux.Libc;
import io.github.smtpproxy.internal.transport.linux.SharedMemory;
import io.github.smtpproxy.internal.transport.loop.SpinLock;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An io_uring: requests are written into memory that the kernel reads, completions are read from memory that the kernel
 * writes, and one system call submits the requests of many sockets and waits for completions. See {@code io_uring(7)}.
 *
 * <p>Any thread may make requests, with the lock. One thread at a time waits and reads completions, without it. No system
 * call is made with the lock: a thread that enters the kernel counts itself in {@link #entered} first, and {@link #close}
 * waits for that to be 0 before it gives the descriptor up.
 *
 * <p>A request belongs to the thread that submitted it: if that thread ends, the request completes as cancelled.
 */
final class Ring {

    // what a request was for, in the lowest bits of its user data
    static final int WAKE = 0;
    static final int RECEIVE = 1;
    static final int SEND = 2;
    static final int CANCEL = 3;

    private static final int PURPOSE_BITS = 2;

    private static final int REQUESTS = 1024;
    private static final int COMPLETIONS = 4 * REQUESTS;

    /**
     * Without IORING_SETUP_SINGLE_ISSUER, which would save little more: another thread could not take over the loop, nor
     * make requests.
     */
    private static final int SETUP =
            IoUring.IORING_SETUP_CQSIZE | IoUring.IORING_SETUP_SUBMIT_ALL | IoUring.IORING_SETUP_COOP_TASKRUN;

    private static final int PAGE = 4096;
    /** In {@link #arguments}, behind the {@code struct io_uring_getevents_arg}. */
    private static final int TIMESPEC = IoUring.GETEVENTS_ARG_SIZE;

    /** Receives completions, on the thread that waited. */
    interface Listener {
        /**
         * @param number as given with the request
         * @param purpose {@link #RECEIVE} and so on
         * @param result as of the system call; below 0 it is a negated {@link Errno}
         * @param octets what was received, or null
         */
        void completed(int number, int purpose, int result, byte[] octets);
    }

    private final int fd;
    private final SharedMemory queues;
    private final SharedMemory requests;
    private final SharedMemory arguments;
    private final ReceiveBuffers buffers;
    private final int requestHead;
    private final int requestTail;
    private final int completionHead;
    private final int completionTail;
    private final int completions;

    private final SpinLock lock = new SpinLock();
    // with the lock
    private int tail;
    private int entered;
    private boolean closed;

    Ring() throws IOException {
        arguments = SharedMemory.allocate(PAGE);
        ByteBuffer params = arguments.octets();
        params.putInt(IoUring.PARAMS_CQ_ENTRIES, COMPLETIONS).putInt(IoUring.PARAMS_FLAGS, SETUP);
        fd = (int) Libc.syscall(IoUring.IO_URING_SETUP, REQUESTS, arguments.address(), 0, 0, 0, 0);
        if (fd < 0) {
            arguments.unmap();
            throw new IOException("the kernel gives no io_uring; Linux 6.0 or later that allows it is needed");
        }
        requestHead = params.getInt(IoUring.PARAMS_SQ_OFF_HEAD);
        requestTail = params.getInt(IoUring.PARAMS_SQ_OFF_TAIL);
        completionHead = params.getInt(IoUring.PARAMS_CQ_OFF_HEAD);
        completionTail = params.getInt(IoUring.PARAMS_CQ_OFF_TAIL);
        completions = params.getInt(IoUring.PARAMS_CQ_OFF_CQES);
        int array = params.getInt(IoUring.PARAMS_SQ_OFF_ARRAY);
        int size = Math.max(array + REQUESTS * Integer.BYTES, completions + COMPLETIONS * IoUring.CQE_SIZE);
        queues = SharedMemory.map(fd, 0, size);
        requests = SharedMemory.map(fd, IoUring.IORING_OFF_SQES, REQUESTS * IoUring.SQE_SIZE);
        for (int i = 0; i < REQUESTS; i++) {
            queues.octets().putInt(array + Integer.BYTES * i, i);
        }
        buffers = new ReceiveBuffers();
        register();
    }

    private void register() throws IOException {
        ByteBuffer registration = arguments.octets();
        for (int i = 0; i < IoUring.BUF_REG_SIZE; i += Long.BYTES) {
            registration.putLong(i, 0);
        }
        buffers.describe(registration);
        int result = (int) Libc.syscall(
                IoUring.IO_URING_REGISTER, fd, IoUring.IORING_REGISTER_PBUF_RING, arguments.address(), 1, 0, 0);
        if (result < 0) {
            close(true);
            throw new IOException("the kernel takes no buffers for its io_uring; Linux 6.0 or later is needed");
        }
    }

    // the lock

    void lock() {
        lock.lock();
    }

    /** Takes the lock, with room for one request; returns false, without the lock, if the ring is closed. */
    boolean lockForRequest() {
        lock.lock();
        while (!closed && pending() == REQUESTS) {
            submitWithoutLock(IoUring.IORING_ENTER_GETEVENTS);
        }
        boolean open = !closed;
        if (!open) {
            lock.unlock();
        }
        return open;
    }

    void unlock() {
        lock.unlock();
    }

    /** With the lock. */
    boolean isClosed() {
        return closed;
    }

    /** With the lock, which is released meanwhile. */
    private void submitWithoutLock(int flags) {
        entered++;
        lock.unlock();
        try {
            enter(pending(), 0, flags, 0, 0);
        } finally {
            lock.lock();
            entered--;
        }
    }

    // requests: with the lock and room for one

    /** Receives into a buffer that the kernel chooses; waits before it tries, because nothing is likely to be there. */
    void receive(int socket, int number) {
        int at = request(IoUring.IORING_OP_RECV, socket, number, RECEIVE);
        requests.octets()
                .put(at + IoUring.SQE_FLAGS, IoUring.IOSQE_BUFFER_SELECT)
                .putShort(at + IoUring.SQE_IOPRIO, IoUring.IORING_RECVSEND_POLL_FIRST);
        publish();
    }

    /** Sends the octets at the address, which must not change until this completes. */
    void send(int socket, long address, int length, int number) {
        int at = request(IoUring.IORING_OP_SEND, socket, number, SEND);
        requests.octets()
                .putLong(at + IoUring.SQE_ADDR, address)
                .putInt(at + IoUring.SQE_LEN, length)
                .putInt(at + IoUring.SQE_OP_FLAGS, Libc.MSG_WAITALL | Libc.MSG_NOSIGNAL);
        publish();
    }

    /** Waits for room to write. Completes as a send. */
    void awaitWritable(int socket, int number) {
        int at = request(IoUring.IORING_OP_POLL_ADD, socket, number, SEND);
        requests.octets().putInt(at + IoUring.SQE_OP_FLAGS, IoUring.POLLOUT);
        publish();
    }

    /** Cancels all requests for a socket. */
    void cancel(int socket) {
        int at = request(IoUring.IORING_OP_ASYNC_CANCEL, socket, 0, CANCEL);
        requests.octets()
                .putInt(at + IoUring.SQE_OP_FLAGS, IoUring.IORING_ASYNC_CANCEL_ALL | IoUring.IORING_ASYNC_CANCEL_FD);
        publish();
    }

    /** How many requests have been made; to be compared by {@link #isSubmitted}. */
    int requested() {
        return tail;
    }

    /** Whether the kernel has taken so many requests. */
    boolean isSubmitted(int requested) {
        return queues.getAcquire(requestHead) - requested >= 0;
    }

    /** Ends a wait. Any thread, without the lock. */
    void wake() {
        if (lockForRequest()) {
            try {
                request(IoUring.IORING_OP_NOP, -1, 0, WAKE);
                publish();
                submitWithoutLock(0);
            } finally {
                lock.unlock();
            }
        }
    }

    // by the thread that waits, without the lock

    /** Submits all requests, and lets the kernel finish what waits for this thread. */
    void submit() {
        enter(pending(), 0, IoUring.IORING_ENTER_GETEVENTS, 0, 0);
    }

    /** Submits all requests and waits until one completes or the time has passed. 0 nanoseconds: no limit. */
    void await(long nanos) {
        if (nanos == 0) {
            enter(pending(), 1, IoUring.IORING_ENTER_GETEVENTS, 0, 0);
        } else {
            arguments
                    .octets()
                    .putLong(IoUring.GETEVENTS_ARG_SIGMASK, 0)
                    .putLong(IoUring.GETEVENTS_ARG_SIGMASK_SZ, 0)
                    .putLong(IoUring.GETEVENTS_ARG_TS, arguments.address() + TIMESPEC)
                    .putLong(TIMESPEC + IoUring.TIMESPEC_TV_SEC, nanos / 1_000_000_000)
                    .putLong(TIMESPEC + IoUring.TIMESPEC_TV_NSEC, nanos % 1_000_000_000);
            int flags = IoUring.IORING_ENTER_GETEVENTS | IoUring.IORING_ENTER_EXT_ARG;
            enter(pending(), 1, flags, arguments.address(), IoUring.GETEVENTS_ARG_SIZE);
        }
    }

    /** Passes on all completions. */
    void completed(Listener listener) {
        ByteBuffer all = queues.octets();
        int head = all.getInt(completionHead);
        int last = queues.getAcquire(completionTail);
        for (; head != last; head++) {
            int at = completions + (head & COMPLETIONS - 1) * IoUring.CQE_SIZE;
            int userData = (int) all.getLong(at + IoUring.CQE_USER_DATA);
            int result = all.getInt(at + IoUring.CQE_RES);
            int flags = all.getInt(at + IoUring.CQE_FLAGS);
            boolean inBuffer = (flags & IoUring.IORING_CQE_F_BUFFER) != 0;
            byte[] octets = inBuffer ? buffers.take(flags >>> IoUring.IORING_CQE_BUFFER_SHIFT, result) : null;
            if (inBuffer && octets == null && result > 0) {
                result = -Errno.ENOMEM;
            }
            queues.setRelease(completionHead, head + 1);
            listener.completed(userData >>> PURPOSE_BITS, userData & (1 << PURPOSE_BITS) - 1, result, octets);
        }
    }

    /** @param idle whether all requests have completed: otherwise the kernel may still write into the buffers */
    void close(boolean idle) {
        lock.lock();
        closed = true;
        while (entered > 0) {
            lock.unlock();
            Thread.onSpinWait();
            lock.lock();
        }
        lock.unlock();
        Libc.close(fd);
        queues.unmap();
        requests.unmap();
        arguments.unmap();
        if (idle) {
            buffers.unmap();
        }
    }

    /** Writes what all requests have in common; returns where the rest is to be written. */
    private int request(byte opcode, int socket, int number, int purpose) {
        assert lock.isLocked() && !closed;
        int at = (tail & REQUESTS - 1) * IoUring.SQE_SIZE;
        ByteBuffer all = requests.octets();
        for (int i = 0; i <= IoUring.SQE_BUF_GROUP; i += Long.BYTES) {
            all.putLong(at + i, 0);
        }
        all.put(at + IoUring.SQE_OPCODE, opcode)
                .putInt(at + IoUring.SQE_FD, socket)
                .putLong(at + IoUring.SQE_USER_DATA, (long) number << PURPOSE_BITS | purpose);
        return at;
    }

    private void publish() {
        queues.setVolatile(requestTail, ++tail);
    }

    private int pending() {
        return queues.getAcquire(requestTail) - queues.getAcquire(requestHead);
    }

    private void enter(int submitted, int awaited, int flags, long argument, int size) {
        Libc.syscall(IoUring.IO_URING_ENTER, fd, submitted, awaited, flags, argument, size);
    }
}
