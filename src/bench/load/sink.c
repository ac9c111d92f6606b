/*
 * The destination of the benchmark: takes every message, keeps none, and counts what it took. One thread, one epoll.
 *
 *   sink             listens on a free port of the loopback address and prints "port N"
 *
 * Each line on its standard input is answered with the counts so far; the end of the input ends it.
 */
#define _GNU_SOURCE
#include "common.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 1024
#define BLOCK (256 * 1024)

static const char END[] = "\r\n.\r\n";

struct conn {
  int fd;
  char in_data, has_mail, quit;
  int matched;       /* how much of END was seen */
  int recipients;
  int64_t octets;    /* of the content so far */
  uint64_t id;
  int held;          /* octets of an unfinished command line */
  char line[LINE];
};

static struct {
  uint64_t messages, octets, recipients, connections, open, ids;
} count;

static char block[LINE + BLOCK], out[1 << 20];
static size_t out_used;

static void reply(const char *text) {
  size_t length = strlen(text);
  if (out_used + length > sizeof out) die("sink: too many replies at once");
  memcpy(out + out_used, text, length);
  out_used += length;
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
  reply("250 2.0.0 Ok: taken\r\n");
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
    reply("250 2.1.0 Ok\r\n");
  } else if (c->has_mail && path(line, "RCPT TO:")) {
    c->recipients++;
    reply("250 2.1.5 Ok\r\n");
  } else if (is(line, "DATA\r") && c->recipients > 0) {
    c->in_data = 1;
    c->matched = 2; /* a lone dot on the first line is an end too */
    c->octets = 0;
    reply("354 Send it\r\n");
  } else if (is(line, "EHLO ")) {
    reset(c);
    reply("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 100000000\r\n");
  } else if (is(line, "HELO ")) {
    reset(c);
    reply("250 sink.example\r\n");
  } else if (is(line, "RSET\r")) {
    reset(c);
    reply("250 2.0.0 Ok\r\n");
  } else if (is(line, "NOOP")) {
    reply("250 2.0.0 Ok\r\n");
  } else if (is(line, "QUIT\r")) {
    c->quit = 1;
    reply("221 2.0.0 Bye\r\n");
  } else {
    reply("503 5.5.1 Not now\r\n");
  }
}

static void leave(struct conn *c) {
  close(c->fd);
  free(c);
  count.open--;
}

static void readable(struct conn *c) {
  memcpy(block, c->line, c->held);
  ssize_t n = read(c->fd, block + c->held, BLOCK);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) leave(c);
    return;
  }
  char *p = block, *end = block + c->held + n;
  out_used = 0;
  while (p < end && !c->quit) {
    if (c->in_data) {
      p = content(c, p, end);
      if (!p) {
        p = end;
        break;
      }
      accepted(c);
    } else {
      char *lf = memchr(p, '\n', end - p);
      if (!lf) break;
      command(c, p);
      p = lf + 1;
    }
  }
  c->held = c->quit ? 0 : end - p;
  if (c->held > LINE) die("sink: line of more than %d octets", LINE);
  memcpy(c->line, p, c->held);
  if (out_used > 0 && send(c->fd, out, out_used, MSG_NOSIGNAL) != (ssize_t) out_used) c->quit = 1;
  if (c->quit) leave(c);
}

static void greet(int epoll, int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno != EAGAIN && errno != ECONNABORTED) die("sink: accept: %s", strerror(errno));
    return;
  }
  struct conn *c = calloc(1, sizeof *c);
  c->fd = fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){EPOLLIN, {.ptr = c}});
  count.connections++;
  count.open++;
  send(fd, "220 sink.example ESMTP\r\n", 24, MSG_NOSIGNAL);
}

static void asked(void) {
  char line[256];
  if (read(0, line, sizeof line) <= 0) exit(0);
  printf("{\"messages\": %lu, \"octets\": %lu, \"recipients\": %lu, \"connections\": %lu, \"open\": %lu, "
         "\"ids\": %lu}\n",
         count.messages, count.octets, count.recipients, count.connections, count.open, count.ids);
  fflush(stdout);
}

int main(void) {
  end_with_parent();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), epoll = epoll_create1(EPOLL_CLOEXEC);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (bind(listener, (struct sockaddr *) &at, length) || listen(listener, 8192)) die("sink: %s", strerror(errno));
  getsockname(listener, (struct sockaddr *) &at, &length);
  printf("port %d\n", ntohs(at.sin_port));
  fflush(stdout);

  static char listening, standard_input;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){EPOLLIN, {.ptr = &listening}});
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &(struct epoll_event){EPOLLIN, {.ptr = &standard_input}});
  struct epoll_event events[256];
  while (1) {
    int n = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < n; i++) {
      void *what = events[i].data.ptr;
      if (what == &listening) greet(epoll, listener);
      else if (what == &standard_input) asked();
      else readable(what);
    }
  }
}
