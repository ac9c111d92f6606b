package io.github.smtpproxy.internal.transport.uring;

/**
 * The numbers of {@code linux/io_uring.h} that we use, with the kernel's names: system calls, flags, operations, and the
 * offsets of the fields of its structures. They are the same on all architectures. See {@code io_uring(7)}.
 */
final class IoUring {

    // system calls

    static final int IO_URING_SETUP = 425;
    static final int IO_URING_ENTER = 426;
    static final int IO_URING_REGISTER = 427;

    // struct io_uring_params, of io_uring_setup

    static final int PARAMS_CQ_ENTRIES = 4;
    static final int PARAMS_FLAGS = 8;
    /** {@code struct io_sqring_offsets}: where the fields of the submission queue are. */
    static final int PARAMS_SQ_OFF_HEAD = 40;

    static final int PARAMS_SQ_OFF_TAIL = 44;
    static final int PARAMS_SQ_OFF_ARRAY = 64;
    /** {@code struct io_cqring_offsets}: where the fields of the completion queue are. */
    static final int PARAMS_CQ_OFF_HEAD = 80;

    static final int PARAMS_CQ_OFF_TAIL = 84;
    static final int PARAMS_CQ_OFF_CQES = 100;

    /** The size of the completion queue is given. */
    static final int IORING_SETUP_CQSIZE = 1 << 3;
    /** A request that cannot be submitted does not stop those behind it. */
    static final int IORING_SETUP_SUBMIT_ALL = 1 << 7;
    /** A completion does not interrupt the thread that is to see it. */
    static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;

    /** {@code mmap}: the offset of the submission queue's entries. */
    static final long IORING_OFF_SQES = 0x10000000L;

    // io_uring_enter

    /** Wait for completions, or at least let those come that the kernel keeps for this thread. */
    static final int IORING_ENTER_GETEVENTS = 1;
    /** The last argument is a {@code struct io_uring_getevents_arg}. */
    static final int IORING_ENTER_EXT_ARG = 1 << 3;

    static final int GETEVENTS_ARG_SIZE = 24;
    static final int GETEVENTS_ARG_SIGMASK = 0;
    static final int GETEVENTS_ARG_SIGMASK_SZ = 8;
    /** The address of a {@code struct __kernel_timespec}. */
    static final int GETEVENTS_ARG_TS = 16;

    static final int TIMESPEC_TV_SEC = 0;
    static final int TIMESPEC_TV_NSEC = 8;

    // io_uring_register

    /** Provides a ring of receive buffers; from Linux 5.19 on. */
    static final int IORING_REGISTER_PBUF_RING = 22;

    static final int BUF_REG_SIZE = 40;
    static final int BUF_REG_RING_ADDR = 0;
    static final int BUF_REG_RING_ENTRIES = 8;

    static final int BUF_SIZE = 16;
    static final int BUF_ADDR = 0;
    static final int BUF_LEN = 8;
    static final int BUF_BID = 12;
    /** The tail of the buffer ring, within its first entry. */
    static final int BUF_RING_TAIL = 14;

    // struct io_uring_sqe, a request

    static final int SQE_SIZE = 64;
    static final int SQE_OPCODE = 0;
    static final int SQE_FLAGS = 1;
    static final int SQE_IOPRIO = 2;
    static final int SQE_FD = 4;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    /** {@code msg_flags}, {@code poll32_events} or {@code cancel_flags}. */
    static final int SQE_OP_FLAGS = 28;

    static final int SQE_USER_DATA = 32;
    static final int SQE_BUF_GROUP = 40;

    static final byte IORING_OP_NOP = 0;
    static final byte IORING_OP_POLL_ADD = 6;
    static final byte IORING_OP_ASYNC_CANCEL = 14;
    static final byte IORING_OP_SEND = 26;
    static final byte IORING_OP_RECV = 27;

    /** The kernel chooses a buffer of the group when there is something to receive. */
    static final byte IOSQE_BUFFER_SELECT = 1 << 5;
    /** Wait for readiness before the first try. */
    static final short IORING_RECVSEND_POLL_FIRST = 1;
    /** Cancel all that match, not only the first. */
    static final int IORING_ASYNC_CANCEL_ALL = 1;
    /** They match by file descriptor. */
    static final int IORING_ASYNC_CANCEL_FD = 1 << 1;
    /** {@code poll(2)}: there is room to write. */
    static final int POLLOUT = 4;

    // struct io_uring_cqe, a completion

    static final int CQE_SIZE = 16;
    static final int CQE_USER_DATA = 0;
    static final int CQE_RES = 8;
    static final int CQE_FLAGS = 12;

    /** The upper bits of the flags are the number of a buffer. */
    static final int IORING_CQE_F_BUFFER = 1;

    static final int IORING_CQE_BUFFER_SHIFT = 16;

    private IoUring() {}
}
