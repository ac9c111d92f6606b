package io.github.smtpproxy.config;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** One thing that goes wrong on purpose. Where a fault is not allowed, it is left out and logged. */
public sealed interface Fault {

    /** The longest wait. */
    Duration LONGEST = Duration.ofHours(1);

    /**
     * Goes on later. Allowed everywhere.
     *
     * @param time above zero and at most an hour
     */
    record Delay(Duration time) implements Fault {
        public Delay {
            TimeLimit.check("delay", time, LONGEST);
        }
    }

    /**
     * Refuses: at {@code CONNECT} by the greeting; at {@code COMMAND} no filter and no destination gets the command; from
     * {@code MESSAGE} on the message is received, and the destination does not get its end.
     *
     * @param reply 4xx or 5xx
     */
    record Refuse(Reply reply) implements Fault {
        public Refuse {
            Objects.requireNonNull(reply, "reply");
            if (!reply.isRefusal()) {
                throw new IllegalArgumentException("reply must be 4xx or 5xx, was " + reply.code());
            }
        }
    }

    /**
     * Closes both connections. Allowed everywhere; at {@code REPLY} and {@code MESSAGE_REPLY} it takes the place of the
     * reply, whatever the destination has done.
     */
    record HangUp(Session.HangUp how) implements Fault {
        public HangUp {
            Objects.requireNonNull(how, "how");
        }
    }

    /**
     * At the {@code COMMAND} EHLO: does not offer an extension that the destination offers, until the next EHLO.
     *
     * @param keyword such as {@code STARTTLS}
     */
    record Hide(String keyword) implements Fault {
        private static final Pattern KEYWORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,63}");

        public Hide {
            Objects.requireNonNull(keyword, "keyword");
            if (!KEYWORD.matcher(keyword).matches()) {
                throw new IllegalArgumentException(
                        "keyword must be 1 to 64 letters, digits and hyphens, was \"" + keyword + "\"");
            }
            keyword = keyword.toUpperCase(Locale.ROOT);
        }
    }

    /**
     * At {@code MESSAGE}: asks for another fault once so many octets have arrived; never if the message is shorter.
     *
     * @param octets 1 and up
     * @param fault gives a {@link Delay}, {@link Refuse} or {@link HangUp}, or nothing; called on the session's thread
     */
    record AfterOctets(long octets, Supplier<Optional<Fault>> fault) implements Fault {
        public AfterOctets {
            Objects.requireNonNull(fault, "fault");
            if (octets < 1) {
                throw new IllegalArgumentException("octets must be at least 1, was " + octets);
            }
        }
    }

    /**
     * At {@code MESSAGE}: receives no faster than this.
     *
     * @param octetsPerSecond 1 and up
     */
    record Bandwidth(long octetsPerSecond) implements Fault {
        public Bandwidth {
            if (octetsPerSecond < 1) {
                throw new IllegalArgumentException("octetsPerSecond must be at least 1, was " + octetsPerSecond);
            }
        }
    }

    /**
     * Writes the reply in pieces.
     *
     * @param octets of each piece, 1 and up
     * @param pause before each further piece, above zero and at most an hour
     */
    record Slice(int octets, Duration pause) implements Fault {
        public Slice {
            if (octets < 1) {
                throw new IllegalArgumentException("octets must be at least 1, was " + octets);
            }
            TimeLimit.check("pause", pause, LONGEST);
        }
    }

    /**
     * Writes the first octets of the reply, then closes both connections.
     *
     * @param octets 0 and up; all of a reply that is shorter
     */
    record Cut(int octets, Session.HangUp how) implements Fault {
        public Cut {
            Objects.requireNonNull(how, "how");
            if (octets < 0) {
                throw new IllegalArgumentException("octets must be at least 0, was " + octets);
            }
        }
    }

    /**
     * Writes something else in place of the reply.
     *
     * @param line printable ASCII, 1 to 500 characters, that no client can take for a reply: not three digits first
     */
    record Garble(String line) implements Fault {
        private static final Pattern LINE = Pattern.compile("(?!\\s*[0-9]{3})[ -~]{1,500}");

        public Garble {
            Objects.requireNonNull(line, "line");
            if (!LINE.matcher(line).matches()) {
                throw new IllegalArgumentException("line must be 1 to 500 characters of printable ASCII"
                        + " that do not begin as a reply does, was \"" + line + "\"");
            }
        }
    }

    /**
     * Writes the reply, waits, and closes both connections.
     *
     * @param time above zero and at most an hour
     */
    record Linger(Duration time) implements Fault {
        public Linger {
            TimeLimit.check("linger", time, LONGEST);
        }
    }
}
