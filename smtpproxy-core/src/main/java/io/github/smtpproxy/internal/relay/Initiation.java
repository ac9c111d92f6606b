package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Step;
import java.util.Optional;

/** The greeting (RFC 5321 §3.1): of the destination, where the router knows it when a client connects, else the proxy's own. */
final class Initiation {

    private final Relay relay;
    private final SessionState session;
    private final SessionDownstream downstream;
    private final Pacing pacing;
    private Optional<Step.Connect> admitted = Optional.empty();
    private Route route = Route.undecided();

    Initiation(Relay relay, SessionState session, SessionDownstream downstream, Pacing pacing) {
        this.relay = relay;
        this.session = session;
        this.downstream = downstream;
        this.pacing = pacing;
    }

    /** The greeting of the client, as far as it is known by now. */
    Reply greeting() {
        leave();
        Step.Connect connect = new Step.Connect(session);
        Optional<Reply> refusal = pacing.before(connect);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        admitted = Optional.of(connect);
        return relay.filters()
                .<Session>run(Filters.Pass.of(Filter::connect, session, Filters.Undo.FREELY), session, s -> connect());
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
            return FailureReplies.SYNCHRONOUS.greeting(greeting);
        }
        return Reply.of(220, relay.endpoint().hostname() + " ESMTP");
    }

    /** Tells the throttles and the router that the client is gone. */
    void leave() {
        relay.routing().ended(session, route);
        route = Route.undecided();
        admitted.ifPresent(relay.throttling()::ended);
        admitted = Optional.empty();
    }
}
