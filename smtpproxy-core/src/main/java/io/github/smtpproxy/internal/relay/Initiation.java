package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.net.SocketException;
import java.util.Optional;

/** The greeting (RFC 5321 §3.1): of the destination, where the router knows it when a client connects, else the proxy's own. */
final class Initiation {

    /** Whoever connects to the proxy itself, where connections are led to it, would be led there again without end. */
    private static final OwnReply NOBODY_HERE = OwnReply.destination(421, "4.4.6", "No mail service at this address");

    private final Relay relay;
    private final SessionState session;
    private final SessionDownstream downstream;
    private final Pacing pacing;
    private final Wire client;
    private Pacing.Teaser teaser = text -> {};
    private Optional<Step.Connect> admitted = Optional.empty();
    private Route route = Route.undecided();
    /** Whether the filters know of the client. */
    private boolean met;

    private boolean unreachable;
    /** Behind the first greeting, as with XCLIENT, a trusted peer speaks. */
    private boolean greeted;

    Initiation(Relay relay, SessionState session, SessionDownstream downstream, Pacing pacing, Wire client) {
        this.relay = relay;
        this.session = session;
        this.downstream = downstream;
        this.pacing = pacing;
        this.client = client;
    }

    /** Who writes the first line of a greeting that comes late. */
    void teaser(Pacing.Teaser writer) {
        teaser = writer;
    }

    /**
     * The greeting of the client, as far as it is known by now.
     *
     * @throws IOException if the client leaves while a throttle delays it, or is to see that its destination is not there
     */
    Reply greeting() throws IOException {
        leave();
        Step.Connect connect = new Step.Connect(session);
        Optional<Reply> refusal = pacing.before(connect, teaser);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        admitted = Optional.of(connect);
        if (talksEarly()) {
            refusal = pacing.before(new Step.Violation(session, ProtocolViolation.EARLY_TALK));
        }
        if (refusal.isPresent()) {
            return refusal.get();
        }
        met = true;
        Reply greeting = relay.filters()
                .<Session>run(Filters.Pass.of(Filter::connect, session, Filters.Undo.FREELY), session, s -> connect());
        showUnreachable();
        return greeting;
    }

    /** What a client sees of a destination that cannot be reached, unless it gets a reply. */
    private void showUnreachable() throws IOException {
        if (unreachable
                && relay.endpoint().unseen().filter(u -> !u.answerUnreachable()).isPresent()) {
            session.hangUp(Session.HangUp.RESET);
            throw new SocketException("the destination cannot be reached");
        }
    }

    /** Whether it speaks before it is greeted (RFC 5321 §4.3.1). */
    private boolean talksEarly() throws IOException {
        boolean first = !greeted;
        greeted = true;
        return first && !pacing.isIdle() && client.hasInput();
    }

    private Reply connect() {
        route = relay.routing().route(session, r -> r.connect(session));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to && downstream.isPooled()) {
            session.target(Optional.of(to.target()));
        } else if (route instanceof Route.To to) {
            Answer greeting =
                    downstream.connect(to.target(), new Envelope(session, Optional.empty(), Optional.empty()));
            session.home(downstream.destination());
            unreachable = greeting.failure().filter(f -> f != Failure.LOOP).isPresent();
            boolean ownAddress =
                    greeting.is(Failure.LOOP) && relay.network().transparent().isPresent();
            return ownAddress ? NOBODY_HERE : FailureReplies.SYNCHRONOUS.greeting(greeting);
        }
        return Reply.of(220, relay.endpoint().hostname() + " ESMTP");
    }

    /** Reports to the filters, the router and the throttles that the client is gone. */
    void leave() {
        if (met) {
            met = false;
            relay.filters().ended(session);
        }
        relay.routing().ended(session, route);
        route = Route.undecided();
        admitted.ifPresent(relay.throttling()::ended);
        admitted = Optional.empty();
    }
}
