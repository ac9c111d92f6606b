package io.github.smtpproxy;

import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.loop.SelectorPoller;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What carries the sessions of a proxy and their connections. It changes what a message costs, and nothing that client
 * or destination can see. Immutable.
 *
 * <p>Event loops cost least: a few threads carry the virtual threads of all sessions. They need JDK 21 or later, and a
 * JVM that was started with {@code --add-opens java.base/java.lang=ALL-UNNAMED} (an executable jar can say
 * {@code Add-Opens: java.base/java.lang} in its manifest instead), because the JDK has no public way yet to say what
 * carries a virtual thread.
 *
 * <p>They wait for their sockets with an io_uring where it is to be had, else with selectors. An io_uring needs JDK 22 or
 * later on Linux 6.0 or later that allows it (containers often do not), and the further flags
 * {@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED --enable-native-access=ALL-UNNAMED}. The system property
 * {@code smtpproxy.io-uring}, {@code on} or {@code off}, can do without it.
 */
public final class Transport {

    /**
     * A system property that says what {@link #automatic} takes: {@code event-loops} or {@code plain}. For tests, which
     * then run on either without a change.
     */
    public static final String PROPERTY = "smtpproxy.transport";

    private static final Logger log = LoggerFactory.getLogger(Transport.class);
    private static final int MAX_LOOPS = 1_024;

    private enum Kind {
        AUTOMATIC,
        EVENT_LOOPS,
        PLAIN
    }

    private final Kind kind;
    private final int loops;

    private Transport(Kind kind, int loops) {
        this.kind = kind;
        this.loops = loops;
    }

    /** Event loops where the JVM lets us have them, one for each processor; else plain. This is the default. */
    public static Transport automatic() {
        return new Transport(Kind.AUTOMATIC, Runtime.getRuntime().availableProcessors());
    }

    /** An event loop for each processor; where they cannot be had, the proxy does not start, and says why. */
    public static Transport eventLoops() {
        return eventLoops(Runtime.getRuntime().availableProcessors());
    }

    /**
     * As {@link #eventLoops()}, so many of them.
     *
     * @throws IllegalArgumentException if that is less than 1 or more than 1,024
     */
    public static Transport eventLoops(int loops) {
        if (loops < 1 || loops > MAX_LOOPS) {
            throw new IllegalArgumentException("event loops must be 1 to " + MAX_LOOPS + ": " + loops);
        }
        return new Transport(Kind.EVENT_LOOPS, loops);
    }

    /** The JDK's own sockets, and a thread for each session: a virtual one on JDK 21 and later, else a platform thread. */
    public static Transport plain() {
        return new Transport(Kind.PLAIN, 0);
    }

    /** @throws IllegalStateException if it was asked for by name and cannot be had */
    Network start() {
        Optional<String> said =
                Optional.ofNullable(System.getProperty(PROPERTY)).filter(p -> kind == Kind.AUTOMATIC);
        Kind chosen = said.map(Transport::named).orElse(kind);
        String why =
                said.map(p -> "as the system property " + PROPERTY + " says").orElse("as asked for");
        if (chosen == Kind.AUTOMATIC) {
            Optional<String> unavailable = EventLoopNetwork.unavailable();
            chosen = unavailable.isEmpty() ? Kind.EVENT_LOOPS : Kind.PLAIN;
            why = unavailable.map(reason -> "no event loops: " + reason).orElse("this JVM allows them");
        }
        if (chosen == Kind.PLAIN) {
            log.info("transport: plain, {}", why);
            return PlainNetwork.start();
        }
        EventLoopNetwork started = RingPoller.unavailable()
                .map(no -> EventLoopNetwork.start(loops, SelectorPoller.FACTORY, "selectors, no io_uring: " + no))
                .orElseGet(() -> EventLoopNetwork.start(loops, RingPoller.FACTORY, "io_uring"));
        log.info("transport: {} event loops, {}; they wait with {}", loops, why, started.pollersName());
        return started;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + (kind == Kind.EVENT_LOOPS ? " " + loops : "");
    }

    private static Kind named(String name) {
        return switch (name) {
            case "event-loops" -> Kind.EVENT_LOOPS;
            case "plain" -> Kind.PLAIN;
            default -> throw new IllegalStateException(PROPERTY + " must be event-loops or plain: " + name);
        };
    }
}
