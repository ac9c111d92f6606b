package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.session.Session;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;

/** How a session begins (RFC 5321 §3.1, §3.2): the greeting, then EHLO or HELO and what is offered in answer. */
final class Initiation {

    private final Conversation conversation;
    private final Offered offered;
    private final Relay relay;
    private final SessionState session;
    private final SessionDownstream leg;

    Initiation(Conversation conversation, Offered offered) {
        this.conversation = conversation;
        this.offered = offered;
        this.relay = conversation.relay;
        this.session = conversation.session;
        this.leg = conversation.leg;
    }

    /** What a client that was let in is greeted with. */
    Reply greeting() {
        return relay.filters()
                .<Session>run(Filters.Pass.of(Filter::connect, session, Filters.Undo.FREELY), session, s -> connect());
    }

    private Reply connect() {
        Route route = relay.routing().route(session, r -> r.connect(session));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            conversation.home(to.target().destinations().get(0));
            return conversation.failures.greeting(
                    leg.connect(to.target().destinations().get(0)));
        }
        return Reply.of(220, relay.endpoint().hostname() + " ESMTP");
    }

    /** EHLO or HELO. */
    void hello(Hello hello) throws IOException {
        Extensions[] there = {Extensions.none()};
        boolean[] theirs = {false};
        Reply reply = relay.filters().run(Filters.Pass.of(Filter::hello, session, Filters.Undo.FREELY), hello, h -> {
            Reply answer = introduce(h);
            // a destination that refuses stays in the state that it was in, and judges what comes next
            theirs[0] = answer.isRefusal() && leg.open().isPresent();
            there[0] = Extensions.of(answer);
            return answer;
        });
        if (reply.isPositive()) {
            // RFC 5321 §4.1.4: as if RSET had been said
            conversation.end(Result.ABORTED, Optional.empty());
            Extensions offer = there[0].intersect(Extensions.of(reply));
            session.hello(hello, offer);
            conversation.standing.helloAccepted();
            if (hello.extended()) {
                reply = offer.toReply(firstLine(reply));
            }
        } else if (!theirs[0]) {
            conversation.refuseHello(reply);
        }
        conversation.say(reply);
    }

    private Reply introduce(Hello hello) {
        return conversation.home().isPresent() ? introduceThere(hello) : introduceHere(hello);
    }

    private Reply introduceThere(Hello hello) {
        if (session.hello().isEmpty()) {
            leg.closeIfIntroduced();
        }
        if (leg.open().isEmpty() && !leg.connect(conversation.home().get()).isPositive()) {
            return conversation.failures.reply(leg.whyNotOpen());
        }
        Reply reply = conversation.failures.reply(leg.introduce(hello));
        return reply.isPositive() && hello.extended()
                ? offered.of(Extensions.of(reply)).toReply(firstLine(reply))
                : reply;
    }

    /** Nobody knows yet where the mail will go: what every destination in reach can do is offered. */
    private Reply introduceHere(Hello hello) {
        leg.closeIfIntroduced();
        String name = relay.endpoint().hostname();
        if (!hello.extended()) {
            return Reply.of(250, name);
        }
        return relay.routing()
                .reach(session)
                .<Reply>map(reach -> offered.of(relay.offers().common(new LinkedHashSet<>(reach), leg.name()))
                        .toReply(name))
                .orElseGet(relay.routing()::failed);
    }

    private static String firstLine(Reply reply) {
        String first = reply.wireLines().get(0);
        return first.substring(Math.min(4, first.length()));
    }
}
