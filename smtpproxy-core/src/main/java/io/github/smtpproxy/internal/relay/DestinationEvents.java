package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;

/** Notifies the listeners of a session's connections to destinations. */
record DestinationEvents(Listeners listeners, SessionState session) implements SessionDownstream.Listener {

    @Override
    public void connectStarted(Destination destination) {
        listeners.notify(session, "connectStarted", l -> l.connectStarted(session, destination));
    }

    @Override
    public void connectEnded(Destination destination, Answer greeting) {
        Reply reply = FailureReplies.SYNCHRONOUS.greeting(greeting);
        listeners.notify(session, "connectEnded", l -> l.connectEnded(session, destination, reply));
    }
}
