/*
 * The destination of the benchmark: takes every message, keeps none, and counts what it took. One thread, one io_uring.
 *
 *   sink             listens on a free port of the loopback address and prints "port N"
 *
 * There is no user "nobody". Each line on its standard input is answered with the counts so far; the end of the input ends it.
 */
#define _GNU_SOURCE
#include "ring.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 1024
#define BLOCK (64 * 1024)
#define BLOCKS 64
#define REPLIES 4096

static const char END[] = "\r\n.\r\n";

struct conn {
  int fd;
  char in_data, has_mail, quit;
  char receiving;
  int matched;       /* how much of END was seen */
  int recipients;
  int64_t octets;    /* of the content so far */
  uint64_t id;
  int held;          /* octets of an unfinished command line */
  char line[LINE];
  int unsent, sending; /* octets of the replies, and how many of them are on their way */
  char replies[REPLIES];
};

static struct {
  uint64_t messages, octets, recipients, connections, open, most, ids;
} count;

static int listener;

static void reply(struct conn *c, const char *text) {
  size_t length = strlen(text);
  if (c->unsent + length > REPLIES) die("sink: too many replies at once");
  memcpy(c->replies + c->unsent, text, length);
  c->unsent += length;
}

static void reset(struct conn *c) {
  c->has_mail = 0;
  c->recipients = 0;
}

static void accepted(struct conn *c) {
  count.messages++;
  count.octets += c->octets - 3; /* the dot and its line end are no content */
  count.recipients += c->recipients;
  count.ids += spread(c->id);
  c->in_data = 0;
  reset(c);
  reply(c, "250 2.0.0 Ok: taken\r\n");
}

/* Where the content ends; NULL if it goes on behind this block. Looks for dots, since there are few. */
static char *content(struct conn *c, char *p, char *end) {
  char *start = p;
  while (p < end) {
    if (c->matched > 0) {
      if (*p == END[c->matched]) {
        if (++c->matched == 5) {
          c->octets += p + 1 - start;
          return p + 1;
        }
      } else {
        c->matched = *p == '\r';
      }
      p++;
      continue;
    }
    char *dot = memchr(p, '.', end - p);
    if (!dot) {
      if (end[-1] == '\r') c->matched = 1;
      else if (end[-1] == '\n' && end - p >= 2 && end[-2] == '\r') c->matched = 2;
      break;
    }
    if (dot - p >= 2 && dot[-1] == '\n' && dot[-2] == '\r') c->matched = 3;
    p = dot + 1;
  }
  c->octets += end - start;
  return NULL;
}

static int is(const char *line, const char *verb) { return strncasecmp(line, verb, strlen(verb)) == 0; }

/* SubEtha's client puts a space before the path, and is not refused for it. */
static char *path(char *line, const char *verb) {
  if (!is(line, verb)) return NULL;
  line += strlen(verb);
  line += *line == ' ';
  return *line == '<' ? line + 1 : NULL;
}

static void command(struct conn *c, char *line) {
  char *from = path(line, "MAIL FROM:");
  if (from && !c->has_mail) {
    c->id = strtoull(from, NULL, 16);
    c->has_mail = 1;
    reply(c, "250 2.1.0 Ok\r\n");
  } else if (c->has_mail && is(line, "RCPT TO:<nobody@")) {
    reply(c, "550 5.1.1 No such user\r\n");
  } else if (c->has_mail && path(line, "RCPT TO:")) {
    c->recipients++;
    reply(c, "250 2.1.5 Ok\r\n");
  } else if (is(line, "DATA\r") && c->recipients > 0) {
    c->in_data = 1;
    c->matched = 2; /* a lone dot on the first line is an end too */
    c->octets = 0;
    reply(c, "354 Send it\r\n");
  } else if (is(line, "EHLO ")) {
    reset(c);
    reply(c, "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 100000000\r\n");
  } else if (is(line, "HELO ")) {
    reset(c);
    reply(c, "250 sink.example\r\n");
  } else if (is(line, "RSET\r")) {
    reset(c);
    reply(c, "250 2.0.0 Ok\r\n");
  } else if (is(line, "NOOP")) {
    reply(c, "250 2.0.0 Ok\r\n");
  } else if (is(line, "QUIT\r")) {
    c->quit = 1;
    reply(c, "221 2.0.0 Bye\r\n");
  } else {
    reply(c, "503 5.5.1 Not now\r\n");
  }
}

static void leave(struct conn *c) {
  if (c->receiving) ring_cancel_receive(c);
  close(c->fd);
  c->fd = -1;
  count.open--;
}

static void send_replies(struct conn *c) {
  if (c->unsent == 0 || c->sending > 0) return;
  c->sending = c->unsent;
  ring_send(c->fd, c->replies, c->unsent, c);
}

static void sent(struct conn *c, int n) {
  int gone = n < 0 ? c->unsent : n;
  memmove(c->replies, c->replies + gone, c->unsent - gone);
  c->unsent -= gone;
  c->sending = 0;
  if (c->fd < 0) return;
  if (n < 0 || (c->quit && c->unsent == 0)) leave(c);
  else send_replies(c);
}

/* Gives where the unfinished line begins. */
static char *commands(struct conn *c, char *p, char *end) {
  while (p < end && !c->quit) {
    if (c->in_data) {
      p = content(c, p, end);
      if (!p) return end;
      accepted(c);
    } else {
      char *lf = memchr(p, '\n', end - p);
      if (!lf) return p;
      command(c, p);
      p = lf + 1;
    }
  }
  return end;
}

static void heard(struct conn *c, char *octets, int n) {
  static char block[LINE + BLOCK];
  if (c->held > 0) {
    memcpy(block, c->line, c->held);
    memcpy(block + c->held, octets, n);
    octets = block;
    n += c->held;
  }
  char *end = octets + n, *rest = commands(c, octets, end);
  c->held = end - rest;
  if (c->held > LINE) die("sink: line of more than %d octets", LINE);
  memcpy(c->line, rest, c->held);
  send_replies(c);
}

static void receive(struct conn *c) {
  c->receiving = 1;
  ring_receive(c->fd, c);
}

static void greet(int fd) {
  struct conn *c = calloc(1, sizeof *c);
  c->fd = fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  receive(c);
  count.connections++;
  if (++count.open > count.most) count.most = count.open;
  reply(c, "220 sink.example ESMTP\r\n");
  send_replies(c);
}

static void listen_for_questions(void) {
  static char question[256];
  ring_read(0, question, sizeof question, NULL);
}

static void answer(int asked) {
  if (asked <= 0) exit(0);
  printf("{\"messages\": %lu, \"octets\": %lu, \"recipients\": %lu, \"connections\": %lu, \"open\": %lu, "
         "\"most\": %lu, \"ids\": %lu}\n",
         count.messages, count.octets, count.recipients, count.connections, count.open, count.most, count.ids);
  count.most = count.open; /* at once since the last question */
  fflush(stdout);
  listen_for_questions();
}

static void received(struct conn *c, struct completion done) {
  c->receiving = !done.last;
  if (c->fd < 0) return;
  if (done.result > 0) heard(c, done.octets, done.result);
  else if (done.result != -ENOBUFS) leave(c);
  if (c->fd >= 0 && !c->receiving) receive(c);
}

static void accepted_connection(struct completion done) {
  if (done.result >= 0) greet(done.result);
  else if (done.result != -ECONNABORTED) die("sink: accept: %s", strerror(-done.result));
  if (done.last) ring_accept(listener, NULL);
}

static void completed(struct completion done) {
  struct conn *c = done.of;
  switch (done.operation) {
    case ACCEPT: return accepted_connection(done);
    case READ: return answer(done.result);
    case SEND: sent(c, done.result); break;
    case RECEIVE: received(c, done); break;
    default: return; /* it may be gone by now */
  }
  if (c->fd < 0 && !c->receiving && c->sending == 0) free(c);
}

/* Argument: the address to listen on, 127.0.0.1 if none is given. */
int main(int argc, char **argv) {
  end_with_parent();
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (argc > 1 && !inet_aton(argv[1], &at.sin_addr)) die("sink: no address: %s", argv[1]);
  socklen_t length = sizeof at;
  if (bind(listener, (struct sockaddr *) &at, length) || listen(listener, 8192)) die("sink: %s", strerror(errno));
  getsockname(listener, (struct sockaddr *) &at, &length);
  printf("port %d\n", ntohs(at.sin_port));
  fflush(stdout);
  ring_open(BLOCKS, BLOCK);
  ring_accept(listener, NULL);
  listen_for_questions();
  while (1) ring_wait(completed);
}
