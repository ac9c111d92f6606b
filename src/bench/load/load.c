/*
 * The clients of the benchmark: sends messages for a while over a number of sessions, checks every reply, and prints
 * what was acknowledged as one line of JSON. One thread, one io_uring. Any reply but the expected one ends it with 1.
 *
 *   load --port N [--sessions N] [--per-connection N] [--size OCTETS] [--recipients N] [--seconds S] [--pipelined]
 *   load --port N --idle N [--erring]
 *
 * With --idle it opens that many sessions, says EHLO in each, prints "idle N" and holds them; the end of its standard
 * input makes it QUIT them all. With --erring each second of them goes on with a recipient that is refused, again and
 * again, and leaves without QUIT.
 */
#define _GNU_SOURCE
#include "ring.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STALLED (30 * NANOS)
#define OPENING_AT_ONCE 64 /* no listen queue overflows */

enum awaited { GREETING, EHLO, MAIL, RCPT, DATA, END, IDLE, QUIT, PARTED, REFUSAL };
static const char *const NAMES[] = {"greeting", "EHLO", "MAIL", "RCPT", "DATA", "end of data", "nothing", "QUIT", "nothing", "a bad RCPT"};
static const char *const CODES[] = {"220", "250", "250", "250", "354", "250", "", "221", "", "550"};

struct session {
  int fd;
  enum awaited awaited;
  int recipients, messages;   /* still to come in this transaction, this connection */
  int acknowledged;           /* in all its connections; it sends one at least */
  int64_t connected, began;
  uint64_t id;
  int sending;                /* how many sends are not done */
  int held;                   /* octets of an unfinished reply line */
  char line[1024];
  char command[8192];
};

struct times {
  uint32_t *nanos;
  size_t used, room;
};

static struct in_addr host;
static int port, sessions = 20, per_connection = 100, recipients = 1, pipelined, idle, erring;
static long size = 1024;
static double seconds = 3;

static int running, opening, idling, holding, moved;
static int64_t stop_at, progress;
static char *message, end_of_input;
static struct session *all;
static size_t message_length;
static uint64_t next_id, acknowledged, in_time, connections, ids;
static struct times transactions, whole_connections;

static void took(struct times *t, int64_t nanos) {
  if (t->used == t->room) {
    t->room = t->room ? t->room * 2 : 65536;
    t->nanos = realloc(t->nanos, t->room * sizeof *t->nanos);
  }
  t->nanos[t->used++] = nanos > UINT32_MAX ? UINT32_MAX : nanos;
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return (x > y) - (x < y);
}

static double micros(struct times *t, double quantile) {
  return t->used ? t->nanos[(size_t) (quantile * (t->used - 1))] / 1000.0 : 0;
}

static void print_times(const char *name, struct times *t) {
  qsort(t->nanos, t->used, sizeof *t->nanos, ascending);
  printf(", \"%s_us\": {\"p50\": %.1f, \"p99\": %.1f}", name, micros(t, 0.5), micros(t, 0.99));
}

/* Lines of 76 octets as a mail program makes them, one in forty with a doubled dot, and the end of data. */
static void write_message(void) {
  static const char head[] = "From: Alice <alice@client.example>\r\nTo: Bob <bob@sink.example>\r\n"
                             "Subject: Benchmark\r\n"
                             "Message-ID: <1@client.example>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\n";
  size_t at = sizeof head - 1;
  if (size < (long) at + 2) die("load: --size is at least %zu", at + 2);
  message = malloc(size + 8);
  memcpy(message, head, at);
  for (int line = 1; at < (size_t) size; line++) {
    size_t left = size - at, length = left > 78 + 80 ? 78 : left > 78 ? left / 2 : left;
    for (size_t i = 0; i < length - 2; i++) message[at + i] = 'A' + (i * 7 + line) % 26;
    if (line % 40 == 3 && length > 4) memcpy(message + at, "..", 2);
    memcpy(message + at + length - 2, "\r\n", 2);
    at += length;
  }
  memcpy(message + size, ".\r\n", 3);
  message_length = size + 3;
}

static void say(struct session *s, const char *text, size_t length) {
  ring_send(s->fd, text, length, s);
  s->sending++;
}

static void connect_session(struct session *s) {
  static struct sockaddr_in to = {.sin_family = AF_INET};
  to.sin_port = htons(port);
  to.sin_addr = host;
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s->fd < 0) die("load: socket: %s", strerror(errno));
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  s->connected = now();
  s->awaited = GREETING;
  s->messages = per_connection;
  s->held = 0;
  connections++;
  opening++;
  ring_connect(s->fd, (struct sockaddr *) &to, sizeof to, s);
  ring_receive(s->fd, s);
}

static int mail(struct session *s, char *to) {
  return sprintf(to, "MAIL FROM:<%016lx@client.example>\r\n", s->id);
}

static int rcpt(int number, char *to) { return sprintf(to, "RCPT TO:<user%d@sink.example>\r\n", number); }

static void next_message(struct session *s) {
  char *text = s->command;
  s->began = now();
  if (s->messages-- == 0 || (s->began >= stop_at && s->acknowledged > 0)) {
    s->awaited = QUIT;
    say(s, "QUIT\r\n", 6);
    return;
  }
  s->id = next_id++;
  s->recipients = recipients;
  s->awaited = MAIL;
  int length = mail(s, text);
  if (pipelined) {
    for (int i = 1; i <= recipients; i++) length += rcpt(i, text + length);
    length += sprintf(text + length, "DATA\r\n");
  }
  say(s, text, length);
}

static void next_recipient(struct session *s) {
  char *text = s->command;
  s->awaited = s->recipients > 0 ? RCPT : DATA;
  if (pipelined) return;
  if (s->awaited == RCPT) say(s, text, rcpt(recipients - s->recipients + 1, text));
  else say(s, "DATA\r\n", 6);
}

static void delivered(struct session *s) {
  int64_t at = now();
  took(&transactions, at - s->began);
  acknowledged++;
  s->acknowledged++;
  in_time += at < stop_at;
  ids += spread(s->id);
  next_message(s);
}

static void left(struct session *s) {
  took(&whole_connections, now() - s->connected);
  s->awaited = PARTED;
  ring_cancel_receive(s);
  close(s->fd);
}

static void parted(struct session *s) {
  if (idle || now() >= stop_at) running--;
  else connect_session(s);
}

static void count_held(void) {
  if (++idling == idle) {
    holding = 1;
    printf("idle %d\n", idle);
    fflush(stdout);
    ring_read(0, &end_of_input, 1, NULL);
  }
}

static void hold(struct session *s) {
  s->awaited = IDLE;
  count_held();
}

static void err(struct session *s) {
  static const char bad[] = "RCPT TO:<nobody@sink.example>\r\n";
  s->awaited = REFUSAL;
  say(s, bad, sizeof bad - 1);
}

static int errs(struct session *s) { return erring && (s - all) % 2; }

static void replied(struct session *s) {
  switch (s->awaited) {
    case GREETING:
      opening--;
      s->awaited = EHLO;
      say(s, "EHLO client.example\r\n", 21);
      break;
    case EHLO:
      if (idle && !errs(s)) hold(s);
      else next_message(s);
      break;
    case RCPT:
      s->recipients--; /* fall through */
    case MAIL:
      if (idle) {
        count_held();
        err(s);
      } else {
        next_recipient(s);
      }
      break;
    case REFUSAL:
      err(s);
      break;
    case DATA:
      s->awaited = END;
      say(s, message, message_length);
      break;
    case END:
      delivered(s);
      break;
    case QUIT:
      left(s);
      break;
    case IDLE:
    case PARTED:
      break;
  }
}

static void check(struct session *s, const char *line, const char *lf) {
  int length = lf - line;
  int good = length >= 4 && line[length - 1] == '\r' && memcmp(line, CODES[s->awaited], 3) == 0 && s->awaited != IDLE && s->awaited != PARTED;
  if (!good || s->sending > 0) die("load: awaited the reply to %s, got: %.*s", NAMES[s->awaited], length, line);
}

static char *replies(struct session *s, char *p, char *end) {
  for (char *lf; (lf = memchr(p, '\n', end - p));) {
    check(s, p, lf);
    int last = p[3] != '-';
    enum awaited was = s->awaited;
    p = lf + 1;
    if (!last) continue;
    if (p < end && !pipelined) die("load: more than one reply to %s", NAMES[was]);
    replied(s);
  }
  return p;
}

static void heard(struct session *s, char *octets, int n) {
  moved = 1;
  if (s->held > 0) {
    if (s->held + n > (int) sizeof s->line) die("load: endless reply");
    memcpy(s->line + s->held, octets, n);
    octets = s->line;
    n += s->held;
  }
  char *end = octets + n, *rest = replies(s, octets, end);
  s->held = end - rest;
  if (s->held > (int) sizeof s->line) die("load: endless reply");
  memmove(s->line, rest, s->held);
}

static void received(struct session *s, struct completion c) {
  if (c.result > 0 && s->awaited != PARTED) heard(s, c.octets, c.result);
  if (c.result <= 0 && c.result != -ENOBUFS && s->awaited != PARTED)
    die("load: connection lost, awaited the reply to %s: %s", NAMES[s->awaited],
        c.result ? strerror(-c.result) : "closed");
  if (!c.last) return;
  if (s->awaited == PARTED) parted(s);
  else ring_receive(s->fd, s);
}

static void quit_all(void) {
  holding = 0;
  for (int i = 0; i < idle; i++) {
    if (all[i].awaited == REFUSAL) {
      left(&all[i]);
    } else {
      all[i].awaited = QUIT;
      say(&all[i], "QUIT\r\n", 6);
    }
  }
}

static void completed(struct completion c) {
  struct session *s = c.of;
  switch (c.operation) {
    case RECEIVE:
      received(s, c);
      break;
    case SEND:
      if (c.result < 0) die("load: cannot send before %s: %s", NAMES[s->awaited], strerror(-c.result));
      s->sending--;
      moved = 1;
      break;
    case CONNECT:
      if (c.result < 0) die("load: connect: %s", strerror(-c.result));
      break;
    case READ:
      quit_all();
      break;
    default: /* what there was to cancel had ended, or has now */
      break;
  }
}

static void run(int total) {
  int started = 0;
  progress = now();
  for (running = total; running > 0;) {
    while (started < total && opening < OPENING_AT_ONCE) connect_session(&all[started++]);
    ring_wait(completed);
    int64_t at = now();
    if (moved || holding) progress = at;
    moved = 0;
    if (at - progress > STALLED) die("load: nothing moved for 30 s");
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},     {"sessions", 1, 0, 's'},   {"per-connection", 1, 0, 'm'}, {"size", 1, 0, 'z'},
      {"recipients", 1, 0, 'r'}, {"seconds", 1, 0, 't'}, {"pipelined", 0, 0, 'l'},      {"idle", 1, 0, 'i'},
      {"erring", 0, 0, 'e'}, {"host", 1, 0, 'h'}, {0}};
  end_with_parent();
  host.s_addr = htonl(INADDR_LOOPBACK);
  for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
      case 'p': port = atoi(optarg); break;
      case 's': sessions = atoi(optarg); break;
      case 'm': per_connection = atoi(optarg); break;
      case 'z': size = atol(optarg); break;
      case 'r': recipients = atoi(optarg); break;
      case 't': seconds = atof(optarg); break;
      case 'l': pipelined = 1; break;
      case 'i': idle = atoi(optarg); break;
      case 'e': erring = 1; break;
      case 'h':
        if (inet_aton(optarg, &host)) break;
        /* fall through */
      default: return 2;
    }
  if (port < 1 || sessions < 1 || per_connection < 1 || recipients < 1 || recipients > 100 || seconds <= 0 || idle < 0)
    die("load: a value is missing or out of range");
  write_message();
  ring_open(1024, 2048);
  next_id = (uint64_t) getpid() << 40;
  int total = idle ? idle : sessions;
  int64_t began = now();
  stop_at = began + (int64_t) (seconds * NANOS);
  all = calloc(total, sizeof(struct session));
  run(total);
  printf("{\"messages\": %lu, \"in_time\": %lu, \"seconds\": %.3f, \"octets\": %lu, \"recipients\": %lu, "
         "\"connections\": %lu, \"ids\": %lu", acknowledged, in_time, seconds, acknowledged * size,
         acknowledged * recipients, connections, ids);
  print_times("transaction", &transactions);
  print_times("connection", &whole_connections);
  printf("}\n");
  return 0;
}
