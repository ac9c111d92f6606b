package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.Passage;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rest of a session in which octets pass unread, since the client and its destination speak TLS with each other. */
public final class PassThrough {

    private static final Logger log = LoggerFactory.getLogger(PassThrough.class);

    private static final int PORTION = 4096;

    private final RelaySession session;

    private PassThrough(RelaySession session) {
        this.session = session;
    }

    /** Until both sides have ended, and the session with them. The session's thread. */
    public static void run(RelaySession session, Downstream destination) {
        session.close();
        new PassThrough(session).run(destination);
    }

    private void run(Downstream destination) {
        Relay relay = session.relay();
        SessionState state = session.state();
        session.departure().passesThrough();
        List<String> blind = relay.filters().names();
        log.info(
                "{}: STARTTLS passes, nothing that follows is seen{}",
                state.id(),
                blind.isEmpty() ? "" : " by " + blind);
        relay.listeners().notify(state, "opaqueStarted", l -> l.opaqueStarted(state));
        Passage passage = destination.passage(
                session.client(), this::pass, idle(), session.times().left());
        long began = System.nanoTime();
        try {
            passage.run(relay.network().threads());
        } finally {
            destination.close();
            Duration duration = Duration.ofNanos(System.nanoTime() - began);
            long sent = passage.fromClient();
            long received = passage.fromDestination();
            relay.listeners().notify(state, "opaqueEnded", l -> l.opaqueEnded(state, sent, received, duration));
        }
    }

    /** Throttles grant octets of the client in portions, so that they flow. */
    private int pass(int octets, Runnable waited) {
        if (session.pacing().isIdle()) {
            return octets;
        }
        int portion = Math.min(octets, PORTION);
        session.pacing().opaque(session.state(), portion, waited);
        return portion;
    }

    /** As long as the longest of the waits that may be going on. */
    private Duration idle() {
        Timeouts timeouts = session.relay().timeouts();
        return Collections.max(List.of(timeouts.clientCommand(), timeouts.command(), timeouts.finalDot()));
    }
}
