package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Announcement;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Connector;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.Handshake;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session's conversation with its destination, opened when it is first needed and again after a message was cut off
 * in the middle: the only way to abort one is to close. Used by the session's thread; {@link #close} by any.
 */
final class DestinationLeg {

    private static final Logger log = LoggerFactory.getLogger(DestinationLeg.class);

    private final Relay relay;
    private final SessionState session;
    private final Wire.Log name;
    private final BreakableNetwork network;
    private Optional<Destination> asked = Optional.empty();
    private boolean stale;
    private Optional<Handshake> handshake = Optional.empty();
    private volatile Optional<Downstream> current = Optional.empty();

    DestinationLeg(Relay relay, SessionState session) {
        this.relay = relay;
        this.session = session;
        this.network = new BreakableNetwork(relay.network());
        this.name =
                new Wire.Log(relay.transcript(), session.id(), io.github.smtpproxy.config.Transcript.Lane.DESTINATION);
    }

    Wire.Log name() {
        return name;
    }

    /** The destination that was turned to last, whether it was reached or not. */
    Optional<Destination> asked() {
        return asked;
    }

    /** The conversation, if there is one that is not broken off. */
    Optional<Downstream> open() {
        return current.filter(d -> !d.isLost());
    }

    /** The conversation; one that broke off is answered for by itself. */
    Downstream get() {
        return current.orElseThrow();
    }

    /** The client has still to introduce itself: it counts as nobody yet, also where another was introduced before. */
    void forget() {
        stale = true;
    }

    /** One in which somebody was introduced before is no conversation for the next: there are servers that take one EHLO. */
    void part() {
        open().filter(Downstream::isIntroduced).ifPresent(Downstream::close);
    }

    private boolean isOpenTo(Destination destination) {
        return !stale && open().isPresent() && asked.filter(destination::equals).isPresent() && !isOutdated();
    }

    /** Whether the destination knows the client as another than it is by now. */
    private boolean isOutdated() {
        return handshake.filter(Handshake::isOutdated).isPresent();
    }

    /** Opens a conversation, up to the destination's greeting or what the client is to hear instead. */
    Answer greet(Destination destination) {
        asked = Optional.of(destination);
        return connect(destination);
    }

    private Answer connect(Destination destination) {
        close();
        stale = false;
        if (session.isLoggedInThere()) {
            // the login has gone with its connection: what follows would be said by nobody
            return Answer.failed(Failure.LOST);
        }
        relay.listeners().notify(session, "connectStarted", l -> l.connectStarted(session, destination));
        Answer greeting = Answer.failed(Failure.UNREACHABLE);
        try {
            Optional<Announcement> client = Optional.of(new Announcement(session::client));
            Downstream opened = new Connector(network, relay.timeouts(), name).connect(destination, client);
            current = Optional.of(opened);
            handshake = Optional.of(new Handshake(opened, name, client));
            greeting = opened.greeting();
            if (!greeting.isPositive()) {
                opened.close();
            }
        } catch (IOException e) {
            greeting = e instanceof SSLException ? Answer.failed(Failure.INSECURE) : greeting;
            log.warn("{}: cannot connect to {}: {}", session.id(), destination, LogText.escape(e.toString()));
        }
        Reply heard = FailureReplies.SYNCHRONOUS.greeting(greeting);
        relay.listeners().notify(session, "connectEnded", l -> l.connectEnded(session, destination, heard));
        return greeting;
    }

    /**
     * A conversation with this destination in which the client has been introduced, opened if there is none.
     *
     * @return empty if there is one now, else why there is none
     */
    Optional<Failure> ensure(Destination destination) {
        if (isOpenTo(destination)) {
            return Optional.empty();
        }
        open().filter(d -> !isOutdated()).ifPresent(Downstream::quit);
        if (!greet(destination).isPositive()) {
            return Optional.of(whyClosed());
        }
        Optional<Answer> refused =
                session.hello().map(h -> introduce(session.extended(), h)).filter(Answer::isRefusal);
        refused.ifPresent(r -> {
            log.warn("{}: {} refused EHLO: {}", session.id(), destination, LogText.escape(r.toString()));
            close();
        });
        return refused.map(r -> Failure.UNREACHABLE);
    }

    /** Without EHLO nothing has been done that must come before mail: it would go out in plaintext, or in our name. */
    boolean isReady() {
        return handshake.filter(Handshake::isReady).isPresent();
    }

    /** Why there is no connection where one could not be opened. */
    Failure whyClosed() {
        return session.isLoggedInThere() ? Failure.LOST : Failure.UNREACHABLE;
    }

    /** The client has logged in at the destination. */
    void clientLoggedIn() {
        handshake.ifPresent(Handshake::clientLoggedIn);
    }

    /** Ends the conversation, and one that is being opened; there is none from then on. Any thread. */
    void abort() {
        network.breakOff();
        close();
    }

    void close() {
        current.ifPresent(Downstream::close);
    }

    /**
     * Introduces the client, and does what else the destination's settings ask for. Where encryption was worth a try
     * only and failed, the conversation begins anew without it.
     */
    Answer introduce(Hello hello) {
        boolean known = handshake.filter(h -> h.isOutdated(hello)).isEmpty();
        if (!known && !connect(asked.orElseThrow()).isPositive()) {
            return Answer.failed(whyClosed());
        }
        return introduce(hello.extended(), hello);
    }

    /** @param extended whether it introduces itself with EHLO here, where it may have said HELO to one in front */
    private Answer introduce(boolean extended, Hello hello) {
        stale = false;
        Hello said = new Hello(extended, named(hello));
        Answer answer = handshake.orElseThrow().introduce(said, hello);
        if (handshake.get().isWorthPlaintext(answer)) {
            Answer greeting = connect(get().destination().plaintext());
            return greeting.isPositive() ? handshake.orElseThrow().introduce(said, hello) : Answer.failed(Failure.LOST);
        }
        return answer;
    }

    /**
     * The client has become known under a name: where the destination has been told of the client, it is told again on a
     * connection of its own. On the old one it may be the client's word that it is, and Postfix takes nobody's but ours.
     *
     * @return the destination, if it was told of another client than this is by now
     */
    Optional<Destination> outdated() {
        return open().flatMap(d -> asked).filter(d -> isOutdated());
    }

    /** Tells the destination's log whose transaction the next one is. */
    void forward(String transaction) {
        handshake.ifPresent(h -> h.forward(transaction));
    }

    private String named(Hello hello) {
        return get().destination()
                .helloName()
                .text(
                        hello.name(),
                        session.remoteAddress().getAddress(),
                        relay.endpoint().hostname());
    }
}
