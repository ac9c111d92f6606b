package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections that are no session's own, up to where mail can be sent. Where opportunistic TLS fails, all of it is done
 * on a new connection without TLS.
 */
final class Opening {

    private static final Logger log = LoggerFactory.getLogger(Opening.class);

    private final BreakableNetwork network;
    private final Timeouts timeouts;
    private final Hello hello;
    private final Hello client;

    /**
     * A connection, or why there is none.
     *
     * @param greeting what the destination greeted with, or why it did not
     * @param answer its last answer
     * @param given the attributes of the client that the destination was given
     */
    record Result(Optional<Downstream> downstream, Answer greeting, Answer answer, Set<String> given) {

        private static Result failed(Answer greeting, Answer answer) {
            return new Result(Optional.empty(), greeting, answer, Set.of());
        }
    }

    /**
     * @param network ends what is opened, or is being opened
     * @param hello what the destination is sent
     * @param client what the client sent, which XCLIENT passes on
     */
    Opening(BreakableNetwork network, Timeouts timeouts, Hello hello, Hello client) {
        this.client = client;
        this.network = network;
        this.timeouts = timeouts;
        this.hello = hello;
    }

    /**
     * Opens one.
     *
     * @param announcement who the client is; empty where it is nobody's
     * @param state counts the connection, and what comes of it
     */
    Result open(Destination to, Wire.Log name, Optional<Announcement> announcement, DestinationState state) {
        try {
            Downstream downstream = new Connector(network, timeouts, name).connect(to, announcement, state);
            return introduce(downstream, name, announcement, state);
        } catch (IOException e) {
            log.warn("{}: cannot connect to {}: {}", name.session(), to, LogText.escape(e.toString()));
            observe(state::notReached);
            Answer failed = Answer.failed(Failure.toConnect(e));
            return Result.failed(failed, failed);
        }
    }

    private Result introduce(
            Downstream downstream, Wire.Log name, Optional<Announcement> announcement, DestinationState state) {
        Answer greeting = downstream.greeting();
        observe(() -> state.note(greeting));
        if (!greeting.isPositive()) {
            downstream.close();
            return Result.failed(greeting, greeting);
        }
        Handshake handshake = new Handshake(downstream, network, name, announcement);
        Answer answer = handshake.introduce(hello, client);
        if (answer.isPositive()) {
            return new Result(Optional.of(downstream), greeting, answer, handshake.given());
        }
        downstream.close();
        if (handshake.isWorthPlaintext(answer)) {
            return open(downstream.destination().plaintext(), name, announcement, state);
        }
        if (!answer.is(Failure.NO_TOKEN) && !answer.isPermanent()) {
            observe(state::failed);
        }
        return Result.failed(greeting, answer);
    }

    /** What is broken off from here is no fault of the destination. */
    private void observe(Runnable change) {
        if (!network.isBroken()) {
            change.run();
        }
    }
}
