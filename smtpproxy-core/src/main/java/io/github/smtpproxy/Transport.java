package io.github.smtpproxy;

import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.internal.transport.ChannelNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.loop.SelectorPoller;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.internal.transport.transparent.TransparentNetwork;
import io.github.smtpproxy.internal.transport.uring.RingPoller;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What carries the sessions of a proxy and their connections. It changes the cost of a message, and nothing that a client
 * or a destination can see. Immutable.
 *
 * <p><b>Event loops</b> cost least: a few threads carry the virtual threads of all sessions. They need JDK 21 or later, and
 * a JVM started with {@code --add-opens java.base/java.lang=ALL-UNNAMED} (or an executable jar with {@code Add-Opens:
 * java.base/java.lang} in its manifest), because the JDK has no public way yet to choose the carrier of a virtual thread.
 *
 * <p>They wait for their sockets with an io_uring if there is one, else with selectors. An io_uring needs JDK 22 or later,
 * Linux 6.0 or later that allows it (containers often do not), and the further flags {@code --add-opens
 * java.base/sun.nio.ch=ALL-UNNAMED --enable-native-access=ALL-UNNAMED}. The system property {@code smtpproxy.io-uring=off}
 * does without it.
 *
 * <p><b>Plain</b> are the JDK's own sockets, with a thread for each session. They work everywhere.
 */
public final class Transport {

    /**
     * The system property that decides for {@link #automatic}: {@code event-loops} or {@code plain}. For tests, which can
     * run on either without a change.
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

    /** Event loops if the JVM allows them, one for each processor; else plain. This is the default. */
    public static Transport automatic() {
        return new Transport(Kind.AUTOMATIC, Runtime.getRuntime().availableProcessors());
    }

    /** An event loop for each processor. If the JVM does not allow them, the proxy does not start. */
    public static Transport eventLoops() {
        return eventLoops(Runtime.getRuntime().availableProcessors());
    }

    /**
     * This number of event loops. If the JVM does not allow them, the proxy does not start.
     *
     * @throws IllegalArgumentException if it is not between 1 and 1024
     */
    public static Transport eventLoops(int loops) {
        if (loops < 1 || loops > MAX_LOOPS) {
            throw new IllegalArgumentException("event loops must be between 1 and " + MAX_LOOPS + ", was " + loops);
        }
        return new Transport(Kind.EVENT_LOOPS, loops);
    }

    /** The JDK's own sockets, and a thread for each session: a virtual thread on JDK 21 and later, else a platform thread. */
    public static Transport plain() {
        return new Transport(Kind.PLAIN, 0);
    }

    /** @throws IllegalStateException if event loops or transparent mode are required and the system does not allow them */
    Network start(Optional<Transparent> transparent) {
        ChannelNetwork started = start();
        try {
            return transparent.isPresent() ? TransparentNetwork.over(started, transparent.get()) : started;
        } catch (RuntimeException | Error e) {
            started.close();
            throw e;
        }
    }

    /** @throws IllegalStateException if event loops are required and the JVM does not allow them */
    ChannelNetwork start() {
        Optional<Kind> property = Optional.ofNullable(System.getProperty(PROPERTY))
                .filter(p -> kind == Kind.AUTOMATIC)
                .map(Transport::named);
        if (property.isPresent()) {
            return start(property.get(), "set by the system property " + PROPERTY);
        }
        if (kind != Kind.AUTOMATIC) {
            return start(kind, "as configured");
        }
        return EventLoopNetwork.unavailable()
                .map(why -> start(Kind.PLAIN, "no event loops: " + why))
                .orElseGet(() -> start(Kind.EVENT_LOOPS, "this JVM allows them"));
    }

    private ChannelNetwork start(Kind chosen, String why) {
        if (chosen == Kind.PLAIN) {
            log.info("transport: plain, {}", why);
            return PlainNetwork.start();
        }
        EventLoopNetwork started = startLoops();
        log.info("transport: {} event loops, {}; they wait with {}", loops, why, started.pollersName());
        return started;
    }

    private EventLoopNetwork startLoops() {
        return RingPoller.unavailable()
                .map(why -> EventLoopNetwork.start(loops, SelectorPoller.FACTORY, "selectors, no io_uring: " + why))
                .orElseGet(() -> EventLoopNetwork.start(loops, RingPoller.FACTORY, "io_uring"));
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + (kind == Kind.EVENT_LOOPS ? " " + loops : "");
    }

    private static Kind named(String name) {
        return switch (name) {
            case "event-loops" -> Kind.EVENT_LOOPS;
            case "plain" -> Kind.PLAIN;
            default -> throw new IllegalStateException(PROPERTY + " must be event-loops or plain, was " + name);
        };
    }
}
