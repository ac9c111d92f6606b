/*
 * What load and sink ask of the kernel goes through one io_uring each: the sends of a round over all sessions leave in
 * the system call that waits for what comes next, where epoll takes two calls for each session and round. They may cost
 * less than half of that, and must: what they cost hides the differences between the proxies that they measure.
 */
#ifndef RING_H
#define RING_H

#include "common.h"
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>

#define REQUESTS 1024
#define COMPLETIONS 4096

/* What was asked for; stands in the low bits of the address that a request carries. */
enum operation { RECEIVE, SEND, ACCEPT, CONNECT, READ, CANCEL };
#define OPERATION 7ULL

struct completion {
  void *of;     /* as given with the request */
  enum operation operation;
  int result;   /* as of the system call: octets, a descriptor, or -errno */
  char *octets; /* what was received; the ring's own when the handler returns */
  int last;     /* nothing more comes of this request */
};

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char *octets;
static unsigned buffer_count, buffer_size;

static void *mapped(size_t size) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (at == MAP_FAILED) die("no memory for %zu octets", size);
  return at;
}

static void give_back(unsigned buffer) {
  io_uring_buf_ring_add(buffers, octets + (size_t) buffer * buffer_size, buffer_size, buffer,
                        io_uring_buf_ring_mask(buffer_count), 0);
  io_uring_buf_ring_advance(buffers, 1);
}

/* What is received goes into COUNT buffers (a power of two) of SIZE octets that all descriptors share. */
static void ring_open(unsigned count, unsigned size) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS};
  int error = io_uring_queue_init_params(REQUESTS, &ring, &params);
  if (error) die("io_uring: %s; Linux 6.1 or later that allows it is needed", strerror(-error));
  buffer_count = count;
  buffer_size = size;
  buffers = mapped(count * sizeof(struct io_uring_buf));
  octets = mapped((size_t) count * size);
  io_uring_buf_ring_init(buffers);
  struct io_uring_buf_reg registered = {.ring_addr = (uintptr_t) buffers, .ring_entries = count};
  error = io_uring_register_buf_ring(&ring, &registered, 0);
  if (error) die("io_uring: cannot register buffers: %s", strerror(-error));
  for (unsigned i = 0; i < count; i++) give_back(i);
}

static struct io_uring_sqe *request(void) {
  struct io_uring_sqe *request = io_uring_get_sqe(&ring);
  if (!request) {
    io_uring_submit(&ring);
    request = io_uring_get_sqe(&ring);
  }
  return request;
}

static inline uint64_t tag(void *of, enum operation operation) { return (uintptr_t) of | operation; }

/* Completes each time that something has come, until the last time. */
static inline void ring_receive(int fd, void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_recv_multishot(r, fd, NULL, 0, 0);
  r->flags |= IOSQE_BUFFER_SELECT;
  r->user_data = tag(of, RECEIVE);
}

static inline void ring_cancel_receive(void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_cancel64(r, tag(of, RECEIVE), 0);
  r->user_data = tag(of, CANCEL);
}

/* Completes when all has been taken; the octets must stay until then. */
static inline void ring_send(int fd, const void *what, size_t length, void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_send(r, fd, what, length, MSG_NOSIGNAL | MSG_WAITALL);
  r->user_data = tag(of, SEND);
}

/* The address must stay until it completes. What is asked for next begins then. */
static inline void ring_connect(int fd, const struct sockaddr *to, socklen_t length, void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_connect(r, fd, to, length);
  r->flags |= IOSQE_IO_LINK;
  r->user_data = tag(of, CONNECT);
}

/* Completes for each connection. */
static inline void ring_accept(int listener, void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_multishot_accept(r, listener, NULL, NULL, SOCK_CLOEXEC);
  r->user_data = tag(of, ACCEPT);
}

static inline void ring_read(int fd, void *to, size_t length, void *of) {
  struct io_uring_sqe *r = request();
  io_uring_prep_read(r, fd, to, length, 0);
  r->user_data = tag(of, READ);
}

/* Has all that was asked for begin, waits a second for something to complete, and has that handled. */
static void ring_wait(void (*handle)(struct completion)) {
  struct io_uring_cqe *done;
  int error = io_uring_submit_and_wait_timeout(&ring, &done, 1, &(struct __kernel_timespec){.tv_sec = 1}, NULL);
  if (error < 0 && error != -ETIME && error != -EINTR && error != -EBUSY)
    die("io_uring: cannot wait: %s", strerror(-error));
  while (io_uring_peek_cqe(&ring, &done) == 0) {
    int filled = done->flags & IORING_CQE_F_BUFFER;
    unsigned buffer = done->flags >> IORING_CQE_BUFFER_SHIFT;
    handle((struct completion){.of = (void *) (uintptr_t) (done->user_data & ~OPERATION),
                               .operation = done->user_data & OPERATION,
                               .result = done->res,
                               .octets = filled ? octets + (size_t) buffer * buffer_size : NULL,
                               .last = !(done->flags & IORING_CQE_F_MORE)});
    if (filled) give_back(buffer);
    io_uring_cqe_seen(&ring, done);
  }
}

#endif
