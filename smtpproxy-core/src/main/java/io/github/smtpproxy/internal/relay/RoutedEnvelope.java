package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.downstream.PendingAnswer;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.message.ParameterRules;
import io.github.smtpproxy.internal.wire.PendingReply;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The envelope behind the filters: MAIL and each RCPT get a route, and their lines go into the transaction's lease. Confined
 * to the session's thread.
 */
final class RoutedEnvelope {

    private static final String NULL_PATH = "<>";

    private final Relay relay;
    private final SessionState session;
    private final SessionDownstream downstream;
    private final FailureReplies failures;
    private final BiFunction<Target, Envelope, Optional<Reply>> open;
    private final RelayTransaction transaction;
    /** The destination's reply to the command at hand, if it was sent there. */
    private Optional<Reply> theirs = Optional.empty();
    /** The recipient at hand, as it comes here. */
    private Optional<RcptTo> recipient = Optional.empty();

    private Optional<LateMail> late = Optional.empty();
    private Optional<ParameterRules> rules = Optional.empty();
    private final List<Route> routes = new ArrayList<>();

    /** @param open see {@code RelaySession.open} */
    RoutedEnvelope(
            Relay relay,
            SessionState session,
            SessionDownstream downstream,
            FailureReplies failures,
            BiFunction<Target, Envelope, Optional<Reply>> open,
            RelayTransaction transaction) {
        this.relay = relay;
        this.session = session;
        this.downstream = downstream;
        this.failures = failures;
        this.open = open;
        this.transaction = transaction;
    }

    /** A recipient that may not come here, since a filter refuses it. */
    void expect(RcptTo rcpt) {
        theirs = Optional.empty();
        recipient = Optional.of(rcpt);
    }

    /** The recipient at hand: as the filters passed it on, else as the client sent it. */
    RcptTo recipient() {
        return recipient.orElseThrow();
    }

    /** Whether the proxy refuses, in place of the destination's reply or without one. Waits for nothing. */
    boolean isOurs(Reply reply) {
        return PendingReply.isKnown(reply)
                && reply.isRefusal()
                && theirs.filter(Reply::isRefusal).isEmpty();
    }

    Reply mail(MailFrom mail) {
        transaction.mail(mail);
        Route route = session.home()
                .<Target>map(home -> home)
                .or(session::target)
                .map(Route::to)
                .orElseGet(() -> route(r -> r.mail(session, mail)));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            return open(to.target()).orElseGet(() -> pipelineMail(mail));
        }
        late = Optional.of(new LateMail(failures::reply));
        return late.get().reply();
    }

    Reply rcpt(RcptTo rcpt) {
        recipient = Optional.of(rcpt);
        if (transaction.isRouted()) {
            Optional<Reply> refused = transaction.isOpen() ? Optional.empty() : openLate(connected());
            return refused.orElseGet(() -> pipelineRcpt(rcpt));
        }
        Route route = route(r -> r.rcpt(session, transaction.mail(), rcpt));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (!(route instanceof Route.To to)) {
            return Replies.NO_ROUTE;
        }
        Optional<Reply> refused = transaction.isOpen() ? Optional.empty() : openLate(to.target());
        return refused.orElseGet(() -> leadsHere(to.target()) ? pipelineRcpt(rcpt) : Replies.ELSEWHERE);
    }

    private Route route(Function<Router, Route> question) {
        Route route = relay.routing().route(session, question);
        if (route instanceof Route.To to && to.ended() != Route.NOTHING) {
            routes.add(route);
        }
        return route;
    }

    /** MAIL was answered, and the destination that gets the next recipient gets it again. */
    void rest() {
        late = Optional.of(LateMail.replied(failures::reply));
    }

    /** The transaction is over. */
    void ended() {
        routes.forEach(route -> relay.routing().ended(session, route));
        routes.clear();
    }

    /** The route is known now: the destination gets MAIL, in one group with RCPT. */
    private Optional<Reply> openLate(Target target) {
        Optional<Reply> failed = open.apply(target, envelope());
        if (failed.isPresent()) {
            return failed;
        }
        Lease lease = downstream.lease();
        Optional<Reply> unfit = fitTo(lease).refusal(transaction.mail());
        if (unfit.isPresent()) {
            lease.ended();
            return unfit;
        }
        transaction.open(connected(), lease);
        PendingAnswer mail = send(transaction.mail(), lease);
        late.ifPresent(l -> l.sent(mail));
        return Optional.empty();
    }

    private boolean leadsHere(Target target) {
        return target.destinations().contains(transaction.destination().orElseThrow());
    }

    private Optional<Reply> open(Target target) {
        Optional<Reply> failed = open.apply(target, envelope());
        transaction.route(connected());
        if (failed.isEmpty()) {
            transaction.open(connected(), downstream.lease());
        }
        return failed;
    }

    private Envelope envelope() {
        return new Envelope(session, Optional.of(transaction.mail()), recipient);
    }

    /** The one of the target that was reached, or tried last. */
    private Destination connected() {
        return downstream.destination().orElseThrow();
    }

    private Reply pipelineMail(MailFrom mail) {
        return fitTo(transaction.lease()).refusal(mail).orElseGet(() -> reply(send(mail, transaction.lease())));
    }

    private ParameterRules fitTo(Lease lease) {
        ParameterRules fitting = ParameterRules.of(transaction.id(), lease.downstream(), session.offered());
        rules = Optional.of(fitting);
        return fitting;
    }

    /** What becomes of parameters that its destination does not offer. */
    ParameterRules rules() {
        return rules.orElseThrow();
    }

    /** Sends MAIL, and before it what the destination must know of the client. */
    private PendingAnswer send(MailFrom mail, Lease lease) {
        lease.announce(transaction.id());
        return lease.downstream()
                .pipeline(rules().fit(asSent(mail, lease.downstream())).wireLine());
    }

    /** MAIL as a destination gets it, but for what it lacks. */
    MailFrom asSent(MailFrom mail, Downstream downstream) {
        Parameters clients = transaction.step().mail().parameters();
        return mail.withParameters(authParameter(clients, mail.parameters(), downstream));
    }

    private Reply pipelineRcpt(RcptTo rcpt) {
        Optional<Reply> unfit = rules().refusal(rcpt);
        if (unfit.isPresent()) {
            return unfit.get();
        }
        Reply reply = pipeline(rules().fit(rcpt).wireLine());
        Reply behind = late.map(l -> l.rcpt(reply)).orElse(reply);
        theirs = Optional.of(behind);
        return behind;
    }

    private Reply pipeline(String line) {
        return reply(transaction.lease().downstream().pipeline(line));
    }

    private Reply reply(PendingAnswer answer) {
        Reply reply = failures.reply(answer);
        theirs = Optional.of(reply);
        return reply;
    }

    /**
     * AUTH= of RFC 4954 §5. Where the login at the destination is ours, or the client logged in at the proxy or at another
     * destination, the value that the client sent would go on without a check. A server without AUTH would not understand it. The
     * value that a filter sets is the host program's own.
     */
    private Parameters authParameter(Parameters clients, Parameters passedOn, Downstream downstream) {
        boolean elsewhere = transaction.lease().downstream() != downstream;
        boolean ours = elsewhere
                || relay.endpoint().authenticator().isPresent()
                || downstream.destination().credentials().isPresent();
        if (!ours || !passedOn.has("AUTH")) {
            return passedOn;
        }
        if (!downstream.extensions().has("AUTH")) {
            return passedOn.without("AUTH");
        }
        Optional<String> value = passedOn.value("AUTH");
        boolean claimed = clients.has("AUTH") && clients.value("AUTH").equals(value);
        return claimed && value.filter(NULL_PATH::equals).isEmpty() ? passedOn.replace("AUTH=" + NULL_PATH) : passedOn;
    }
}
