package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DestinationStatus.State;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** How the proxy stands with one destination. Any thread. */
final class DestinationState {

    private final Destination destination;
    private final Consumer<DestinationStatus> changed;
    private final Health health;
    private final OwnAddresses ourselves;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger idle = new AtomicInteger();
    private final LongAdder greeted = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile boolean reachable = true;
    private volatile boolean drained;
    private volatile boolean oneClients;
    private volatile int mostMails = 1;

    /**
     * @param changed is called when it goes into another state
     * @param ourselves where the proxy listens
     */
    DestinationState(
            Destination destination,
            LongSupplier nanoTime,
            Consumer<DestinationStatus> changed,
            OwnAddresses ourselves) {
        this.destination = destination;
        this.changed = changed;
        this.health = new Health(nanoTime);
        this.ourselves = ourselves;
    }

    /** One that nobody looks at. */
    static DestinationState ofNobody(Destination destination) {
        return new DestinationState(destination, System::nanoTime, status -> {}, new OwnAddresses());
    }

    /** Whether a connection to it leads back to the proxy. */
    boolean isOurselves(Socket connected) {
        return ourselves.include(connected);
    }

    /** Whether this address is the proxy's own: to connect to it would be one connection too many. */
    boolean isOurselves(InetSocketAddress address) {
        return ourselves.include(address);
    }

    void opened() {
        connections.incrementAndGet();
    }

    void closed() {
        connections.decrementAndGet();
    }

    /** A connection is used by nobody, or by somebody again. */
    void idle(int more) {
        idle.addAndGet(more);
    }

    /** What it greeted with, or why it did not; a 5xx is an answer. */
    void note(Answer greeting) {
        if (!greeting.isPositive() && !greeting.isPermanent()) {
            notReached();
            return;
        }
        reachable = greeting.isPositive();
        if (greeting.isPositive()) {
            greeted.increment();
            observe(health::greeted);
        } else {
            observe(health::succeeded);
        }
    }

    /** It has answered the end of a message, or forgotten a transaction. */
    void succeeded() {
        answered.increment();
        observe(health::succeeded);
    }

    /** It could not be reached, or greeted with 4xx. */
    void notReached() {
        reachable = false;
        failed();
    }

    /** A connection to it was lost, or it deferred EHLO. */
    void failed() {
        failed.increment();
        observe(health::failed);
    }

    /** How often it has done what it is for. */
    long answered() {
        return answered.sum();
    }

    /** A transaction had so many MAILs. */
    void mails(int number) {
        mostMails = Math.max(mostMails, number);
    }

    /** How many MAILs a transaction may have, as far as is known. */
    int mostMails() {
        return mostMails;
    }

    /** It has refused XCLIENT on a connection of another client, although it offers it. */
    void takesOneClient() {
        oneClients = true;
    }

    boolean isOneClients() {
        return oneClients;
    }

    private void observe(Runnable change) {
        State before = state();
        change.run();
        if (state() != before) {
            changed.accept(status());
        }
    }

    void drained(boolean value) {
        observe(() -> drained = value);
    }

    boolean isDrained() {
        return drained;
    }

    Health health() {
        return health;
    }

    /** How many of its connections are used. */
    int active() {
        return Math.max(0, connections.get() - idle.get());
    }

    /** One that is ejected is remembered until it may be tried again. */
    boolean isUnused() {
        return connections.get() == 0 && !drained && (health.state() == State.UP || isEjectionOver());
    }

    private boolean isEjectionOver() {
        return health.state() == State.EJECTED && health.isAvailable();
    }

    private State state() {
        return drained ? State.DRAINED : health.state();
    }

    DestinationStatus status() {
        return DestinationStatus.of(destination, connections.get(), reachable)
                .state(state())
                .counts(greeted.sum(), failed.sum());
    }
}
