package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.transport.BreakableNetwork;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection that one session has for itself (synchronous). It is opened when it is first needed, and again after it was
 * lost or closed to abort a message, unless the client has logged in through it: that login is gone with it, and what the
 * client sends next would go out unauthenticated. Used by the session's thread; {@link #close} and {@link #abort} by any.
 */
public final class OwnDownstream implements SessionDownstream {

    private static final Logger log = LoggerFactory.getLogger(OwnDownstream.class);

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
    private Optional<Handshake> handshake = Optional.empty();
    private volatile Optional<Downstream> current = Optional.empty();
    private boolean forgotten;
    private boolean clientLoggedIn;

    /**
     * @param destinations counts the connections
     * @param choice chooses among the servers of a group
     * @param name the session, for logs and the transcript
     * @param hostname the name of the proxy
     */
    public OwnDownstream(
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

    @Override
    public Wire.Log name() {
        return name;
    }

    @Override
    public Optional<Destination> destination() {
        return destination;
    }

    @Override
    public Optional<Downstream> open() {
        return current.filter(d -> !d.isLost());
    }

    @Override
    public Downstream get() {
        return current.orElseThrow();
    }

    @Override
    public Lease lease() {
        return new OwnLease(get(), handshake.orElseThrow());
    }

    @Override
    public boolean isPooled() {
        return false;
    }

    @Override
    public Optional<Reply> quit(String line) {
        return open().flatMap(d -> d.quit(line).reply());
    }

    @Override
    public Answer connect(Target to, Envelope envelope) {
        selection = Optional.of(new Selection(to, destinations, choice, envelope).within(failover));
        destination = Optional.of(to.destinations().get(0));
        return connectNext().orElseGet(() -> Answer.failed(whyNotOpen()));
    }

    /** Goes on with servers that have not been tried; empty if there is none. */
    private Optional<Answer> connectNext() {
        Optional<Answer> greeting = Optional.empty();
        Optional<Destination> next = selection.flatMap(Selection::next);
        while (next.isPresent()) {
            destination = next;
            greeting = Optional.of(open(next.get()));
            next = isWorthAnother(greeting.get()) ? selection.flatMap(Selection::next) : Optional.empty();
        }
        return greeting;
    }

    /** Whether another server may do better: a 5xx is an answer. */
    private boolean isWorthAnother(Answer answer) {
        return !clientLoggedIn && !answer.isPositive() && !answer.isPermanent() && !isBrokenOff();
    }

    /** Whether it ended from here: that is no fault of the destination. */
    private boolean isBrokenOff() {
        return network.isBroken() || current.filter(Downstream::isEndedHere).isPresent();
    }

    @Override
    public Optional<Failure> ensure(Target to, Envelope envelope) {
        if (isOpenTo(to)) {
            return Optional.empty();
        }
        open().filter(d -> !isOutdated()).ifPresent(Downstream::leave);
        Answer greeting = connect(to, envelope);
        if (!greeting.isPositive()) {
            return greeting.failure().filter(Failure.LOOP::equals).or(() -> Optional.of(whyNotOpen()));
        }
        Optional<Answer> refusal =
                client.hello().map(h -> introduceToOne(client.isExtended(), h)).filter(Answer::isRefusal);
        refusal.ifPresent(r -> {
            log.warn("{}: {} refused EHLO: {}", name.session(), destination.get(), LogText.escape(r.toString()));
            close();
        });
        return refusal.map(r -> r.is(Failure.NO_TOKEN) ? Failure.NO_TOKEN : Failure.UNREACHABLE);
    }

    @Override
    public boolean isReady() {
        return handshake.filter(Handshake::isReady).isPresent();
    }

    @Override
    public Failure whyNotOpen() {
        return clientLoggedIn ? Failure.LOST : Failure.UNREACHABLE;
    }

    @Override
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
            if (!answer.is(Failure.NO_TOKEN)) {
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

    @Override
    public Optional<Destination> outdated() {
        return open().flatMap(d -> destination).filter(d -> isOutdated());
    }

    @Override
    public void clientLoggedIn() {
        clientLoggedIn = true;
        handshake.ifPresent(Handshake::clientLoggedIn);
    }

    @Override
    public boolean isClientLoginLost() {
        return clientLoggedIn && open().isEmpty();
    }

    @Override
    public void forgetClient() {
        forgotten = true;
        clientLoggedIn = false;
    }

    @Override
    public boolean rest() {
        Optional<Downstream> idle = open();
        if (idle.isPresent() && mayRest() && idle.get().isQuiet()) {
            idle.get().leave();
        }
        return open().isEmpty();
    }

    @Override
    public boolean mayRest() {
        return !clientLoggedIn;
    }

    @Override
    public void closeIfIntroduced() {
        open().filter(Downstream::isIntroduced).ifPresent(Downstream::close);
    }

    @Override
    public void close() {
        current.ifPresent(Downstream::close);
    }

    @Override
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
        if (!isBrokenOff()) {
            state.note(greeting);
        }
        listener.connectEnded(to, greeting);
        return greeting;
    }

    private Answer greeting(Destination to, DestinationState state) {
        try {
            Optional<Announcement> announcement = Optional.of(new Announcement(client::announced));
            Downstream opened = connector.connect(to, announcement, state);
            current = Optional.of(opened);
            handshake = Optional.of(new Handshake(opened, network, name, announcement));
            Answer greeting = opened.greeting();
            if (!greeting.isPositive()) {
                opened.close();
            }
            return greeting;
        } catch (IOException e) {
            log.warn("{}: cannot connect to {}: {}", name.session(), to, LogText.escape(e.toString()));
            return Answer.failed(Failure.toConnect(e));
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
        public void ended() {
            // the session keeps it
        }

        @Override
        public boolean isOver() {
            return false;
        }

        @Override
        public void close() {
            downstream.close();
        }
    }
}
