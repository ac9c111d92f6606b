package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;

/** Notifies the listeners of a session's connections to destinations, and of those that a pool lends to it. */
final class DestinationEvents implements SessionDownstream.Listener {

    private final Listeners listeners;
    private final SessionState session;
    private long began;

    DestinationEvents(Listeners listeners, SessionState session) {
        this.listeners = listeners;
        this.session = session;
    }

    @Override
    public void connectStarted(Destination destination) {
        began = System.nanoTime();
        listeners.notify(session, "connectStarted", l -> l.connectStarted(session, destination));
    }

    @Override
    public void connectEnded(Destination destination, Answer greeting) {
        Duration duration = Duration.ofNanos(System.nanoTime() - began);
        Reply reply = FailureReplies.SYNCHRONOUS.greeting(greeting);
        listeners.notify(session, "connectEnded", l -> l.connectEnded(session, destination, reply, duration));
    }

    @Override
    public void leased(Lease lease) {
        listeners.notify(session, "leased", l -> l.leased(session, lease));
    }

    @Override
    public void returned(Lease lease, Duration used) {
        listeners.notify(session, "returned", l -> l.returned(session, lease, used));
    }
}
