package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The downstream connection of one session. It is opened when it is first needed, and again after it was lost or closed
 * to abort a message, unless the client has logged in through it: that login is gone with it, and what the client sends
 * next would go out unauthenticated. Used by the session's thread; {@link #close} and {@link #abort} by any.
 */
public final class SessionDownstream {

    private static final Logger log = LoggerFactory.getLogger(SessionDownstream.class);

    private final Connector connector;
    private final BreakableNetwork network;
    private final Destinations destinations;
    private final Choice choice;
    private final Wire.Log name;
    private final String hostname;
    private final Client client;
    private final Listener listener;
    private final Duration failover;
    private Optional<Destination> destination = Optional.empty();
    private Optional<Selection> selection = Optional.empty();
    private long selected;
    private Optional<Handshake> handshake = Optional.empty();
    private volatile Optional<Downstream> current = Optional.empty();
    private boolean forgotten;
    private boolean clientLoggedIn;

    /** The client of the session, as it is by now. */
    public interface Client {
        AnnouncedClient announced();

        /** How it introduced itself, perhaps to a server before us; empty if it has not. */
        Optional<Hello> hello();

        /** Whether it introduced itself here with EHLO, whatever it sent to a server before us. */
        boolean isExtended();
    }

    /** Observes each connection that is opened. */
    public interface Listener {
        void connectStarted(Destination destination);

        /** @param greeting what the destination greeted with, or why it did not */
        void connectEnded(Destination destination, Answer greeting);
    }

    /**
     * @param destinations counts the connections
     * @param choice chooses among the servers of a group
     * @param name the session, for logs and the transcript
     * @param hostname the name of the proxy
     */
    public SessionDownstream(
            Network network,
            Timeouts timeouts,
            Destinations destinations,
            Choice choice,
            Wire.Log name,
            String hostname,
            Client client,
            Listener listener) {
        this.destinations = destinations;
        this.choice = choice;
        this.failover = timeouts.failover();
        this.network = new BreakableNetwork(network);
        this.connector = new Connector(this.network, timeouts, name);
        this.name = name;
        this.hostname = hostname;
        this.client = client;
        this.listener = listener;
    }

    public Wire.Log name() {
        return name;
    }

    /** The destination of the last connection, whether it was reached or not. */
    public Optional<Destination> destination() {
        return destination;
    }

    /** The connection, if there is one that is not lost. */
    public Optional<Downstream> open() {
        return current.filter(d -> !d.isLost());
    }

    /** The connection that was opened last, which may be lost. */
    public Downstream get() {
        return current.orElseThrow();
    }

    /** Lends the connection that was opened last to a transaction. */
    public Lease lease() {
        return new OwnLease(get(), handshake.orElseThrow());
    }

    /**
     * Opens a connection, up to the destination's greeting. Servers of a group are tried until one greets with 2xx or 5xx;
     * {@link #destination} is that one, or the last.
     */
    public Answer connect(Target to, Envelope envelope) {
        selection = Optional.of(new Selection(to, destinations, choice, envelope));
        selected = System.nanoTime();
        destination = Optional.of(to.destinations().get(0));
        return connectNext().orElseGet(() -> Answer.failed(whyNotOpen()));
    }

    /** Goes on with servers that have not been tried; empty if there is none. */
    private Optional<Answer> connectNext() {
        Optional<Answer> greeting = Optional.empty();
        Optional<Destination> next = next();
        while (next.isPresent()) {
            destination = next;
            greeting = Optional.of(open(next.get()));
            next = isWorthAnother(greeting.get()) ? next() : Optional.empty();
        }
        return greeting;
    }

    private Optional<Destination> next() {
        boolean late = System.nanoTime() - selected > failover.toNanos();
        return late ? Optional.empty() : selection.flatMap(Selection::next);
    }

    /** Whether another server may do better: a 5xx is an answer. */
    private boolean isWorthAnother(Answer answer) {
        return !clientLoggedIn && !answer.isPositive() && !answer.isPermanent();
    }

    /**
     * Makes sure that there is a connection to this destination, or to one of this group, on which this client, and no
     * other, is introduced.
     *
     * @return why there is none; empty if there is one
     */
    public Optional<Failure> ensure(Target to, Envelope envelope) {
        if (isOpenTo(to)) {
            return Optional.empty();
        }
        open().filter(d -> !isOutdated()).ifPresent(Downstream::quit);
        if (!connect(to, envelope).isPositive()) {
            return Optional.of(whyNotOpen());
        }
        Optional<Answer> refusal =
                client.hello().map(h -> introduceToOne(client.isExtended(), h)).filter(Answer::isRefusal);
        refusal.ifPresent(r -> {
            log.warn("{}: {} refused EHLO: {}", name.session(), destination.get(), LogText.escape(r.toString()));
            close();
        });
        return refusal.map(r -> Failure.UNREACHABLE);
    }

    /** Whether mail may be sent. Before the client's EHLO, it would go out in plaintext or in the proxy's name. */
    public boolean isReady() {
        return handshake.filter(Handshake::isReady).isPresent();
    }

    /** Why there is no connection, where one could not be opened. */
    public Failure whyNotOpen() {
        return clientLoggedIn ? Failure.LOST : Failure.UNREACHABLE;
    }

    /**
     * Introduces the client by EHLO or HELO, and does what else the destination's settings require. Where opportunistic
     * TLS fails, all of it is done on a new connection without TLS; where it comes to nothing for the time being, on a
     * connection to another server of the group.
     */
    public Answer introduce(Hello hello) {
        boolean another = handshake.filter(h -> h.isOutdated(hello)).isPresent();
        if (another && !open(destination.orElseThrow()).isPositive()) {
            return Answer.failed(whyNotOpen());
        }
        return introduceToOne(hello.extended(), hello);
    }

    private Answer introduceToOne(boolean extended, Hello hello) {
        Answer answer = introduce(extended, hello);
        while (isWorthAnother(answer)) {
            if (answer.reply().isPresent()) {
                destinations.state(destination.orElseThrow()).failed();
            }
            Optional<Answer> greeting = connectNext();
            if (greeting.filter(Answer::isPositive).isEmpty()) {
                return greeting.filter(Answer::isPermanent).orElse(answer);
            }
            answer = introduce(extended, hello);
        }
        return answer;
    }

    /**
     * The destination, if another client than the present one was announced to it, such as one that had not logged in
     * here. The client has to be announced on a new connection: on this one, Postfix would take the XCLIENT for the client's.
     */
    public Optional<Destination> outdated() {
        return open().flatMap(d -> destination).filter(d -> isOutdated());
    }

    /** The client has logged in at the destination. */
    public void clientLoggedIn() {
        clientLoggedIn = true;
        handshake.ifPresent(Handshake::clientLoggedIn);
    }

    /** Whether the client's login at the destination is gone with its connection. */
    public boolean isClientLoginLost() {
        return clientLoggedIn && open().isEmpty();
    }

    /** The client begins anew, or another does: it has not introduced itself, and has not logged in. */
    public void forgetClient() {
        forgotten = true;
        clientLoggedIn = false;
    }

    /** Closes a connection on which a client is introduced: there are servers that accept one EHLO only. */
    public void closeIfIntroduced() {
        open().filter(Downstream::isIntroduced).ifPresent(Downstream::close);
    }

    /** Closes the connection, if there is one. Any thread. */
    public void close() {
        current.ifPresent(Downstream::close);
    }

    /** Closes the connection, also one that is being opened; no other will be. Any thread. */
    public void abort() {
        network.breakOff();
        close();
    }

    private boolean isOpenTo(Target to) {
        boolean connected = open().isPresent()
                && destination.filter(to.destinations()::contains).isPresent();
        return connected && !forgotten && !isOutdated();
    }

    private boolean isOutdated() {
        return handshake.filter(Handshake::isOutdated).isPresent();
    }

    private Answer open(Destination to) {
        close();
        forgotten = false;
        if (clientLoggedIn) {
            return Answer.failed(Failure.LOST);
        }
        listener.connectStarted(to);
        // under the name that the router gave it, also where this is a second attempt without TLS
        DestinationState state = destinations.state(destination.orElseThrow());
        Answer greeting = greeting(to, state);
        note(greeting, state);
        listener.connectEnded(to, greeting);
        return greeting;
    }

    private static void note(Answer greeting, DestinationState state) {
        if (greeting.isPositive() || greeting.isPermanent()) {
            state.greeted(greeting.isPositive());
            return;
        }
        state.notReached();
    }

    private Answer greeting(Destination to, DestinationState state) {
        try {
            Optional<Announcement> announcement = Optional.of(new Announcement(client::announced));
            Downstream opened = connector.connect(to, announcement, state);
            current = Optional.of(opened);
            handshake = Optional.of(new Handshake(opened, name, announcement));
            Answer greeting = opened.greeting();
            if (!greeting.isPositive()) {
                opened.close();
            }
            return greeting;
        } catch (IOException e) {
            log.warn("{}: cannot connect to {}: {}", name.session(), to, LogText.escape(e.toString()));
            return Answer.failed(e instanceof SSLException ? Failure.INSECURE : Failure.UNREACHABLE);
        }
    }

    private Answer introduce(boolean extended, Hello hello) {
        forgotten = false;
        Hello sent = new Hello(extended, helloName(hello));
        Answer answer = handshake.orElseThrow().introduce(sent, hello);
        if (!handshake.get().isWorthPlaintext(answer)) {
            return answer;
        }
        Answer greeting = open(get().destination().plaintext());
        return greeting.isPositive() ? handshake.get().introduce(sent, hello) : Answer.failed(Failure.LOST);
    }

    private String helloName(Hello hello) {
        return get().destination()
                .helloName()
                .text(hello.name(), client.announced().attributes().remote().getAddress(), hostname);
    }

    /** The session keeps the connection, whatever becomes of the transaction. */
    private record OwnLease(Downstream downstream, Handshake handshake) implements Lease {

        @Override
        public void announce(String transaction) {
            handshake.forward(transaction);
        }

        @Override
        public void release() {
            if (downstream.isInMessage() || downstream.hasTransaction()) {
                downstream.reset();
            }
        }

        @Override
        public void close() {
            downstream.close();
        }
    }
}
