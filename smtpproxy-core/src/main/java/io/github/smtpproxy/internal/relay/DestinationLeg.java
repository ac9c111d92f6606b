package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Announcement;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.Handshake;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.TlsPolicy;
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
        return current.filter(d -> !d.lost());
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
        open().filter(Downstream::welcomed).ifPresent(Downstream::close);
    }

    private boolean isOpenTo(Destination destination) {
        return !stale && open().isPresent() && asked.filter(destination::equals).isPresent() && !isOutdated();
    }

    /** Whether the destination knows the client as another than it is by now. */
    private boolean isOutdated() {
        return handshake.filter(Handshake::isOutdated).isPresent();
    }

    /** Opens a conversation, up to the destination's greeting or what the client is to hear instead. */
    Reply greet(Destination destination) {
        asked = Optional.of(destination);
        return connect(destination);
    }

    private Reply connect(Destination destination) {
        close();
        stale = false;
        if (session.isLoggedInThere()) {
            // the login has gone with its connection: what follows would be said by nobody
            return Failure.LOST.reply();
        }
        relay.listeners().tell(session, "connectStarted", l -> l.connectStarted(session, destination));
        Reply greeting = Failure.UNREACHABLE.reply();
        try {
            Optional<Announcement> client = Optional.of(new Announcement(session::client));
            Downstream opened = Downstream.connect(network, destination, relay.timeouts(), name, client);
            current = Optional.of(opened);
            handshake = Optional.of(new Handshake(opened, name, client));
            greeting = opened.greeting();
            if (!greeting.isPositive()) {
                opened.close();
            }
        } catch (IOException e) {
            greeting = e instanceof SSLException ? Failure.INSECURE.reply() : greeting;
            log.warn("{}: cannot connect to {}: {}", session.id(), destination, LogText.escape(e.toString()));
        }
        Reply heard = greeting;
        relay.listeners().tell(session, "connectEnded", l -> l.connectEnded(session, destination, heard));
        return heard;
    }

    /**
     * A conversation with this destination in which the client has been introduced, opened if there is none.
     *
     * @return empty if there is one now, else what the client is to hear
     */
    Optional<Reply> ensure(Destination destination) {
        if (isOpenTo(destination)) {
            return helloFirst();
        }
        open().filter(d -> !isOutdated()).ifPresent(Downstream::quit);
        if (!greet(destination).isPositive()) {
            return Optional.of(unreachable());
        }
        Optional<Reply> refused =
                session.hello().map(h -> introduce(session.extended(), h)).filter(Reply::isRefusal);
        refused.ifPresent(r -> {
            log.warn("{}: {} refused EHLO: {}", session.id(), destination, LogText.escape(r.toString()));
            close();
        });
        return refused.isPresent() ? Optional.of(Failure.UNREACHABLE_LATE.reply()) : helloFirst();
    }

    /** Without EHLO nothing has been done that must come before mail: it would go out in plaintext, or in our name. */
    private Optional<Reply> helloFirst() {
        return handshake.filter(Handshake::isReady).isPresent() ? Optional.empty() : Optional.of(Replies.HELLO_FIRST);
    }

    /** What is heard of a conversation that cannot be opened again. */
    Reply unreachable() {
        return (session.isLoggedInThere() ? Failure.LOST : Failure.UNREACHABLE_LATE).reply();
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
    Reply introduce(Hello hello) {
        boolean known = handshake.filter(h -> h.isOutdated(hello)).isEmpty();
        if (!known && !connect(asked.orElseThrow()).isPositive()) {
            return unreachable();
        }
        return introduce(hello.extended(), hello);
    }

    /** @param extended whether it introduces itself with EHLO here, where it may have said HELO to one in front */
    private Reply introduce(boolean extended, Hello hello) {
        stale = false;
        Hello said = new Hello(extended, named(hello));
        Reply reply = handshake.orElseThrow().introduce(said, hello);
        if (handshake.get().failedWhereTlsWasWorthATry(reply)) {
            Reply greeting = connect(get().destination().startTls(TlsPolicy.NONE));
            return greeting.isPositive() ? handshake.orElseThrow().introduce(said, hello) : Failure.LOST.reply();
        }
        return reply;
    }

    /**
     * The client has become known under a name: where the destination has been told of the client, it is told again on a
     * connection of its own. On the old one it may be the client's word that it is, and Postfix takes nobody's but ours.
     *
     * @return what is heard instead of a welcome, if the destination minds
     */
    Optional<Reply> announceAgain() {
        Optional<Destination> told = open().flatMap(d -> asked).filter(d -> isOutdated());
        return told.flatMap(this::ensure);
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
