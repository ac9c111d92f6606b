package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.internal.relay.RelayTransaction;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Envelope;
import java.util.LinkedHashSet;
import java.util.Optional;

/**
 * EHLO and HELO (RFC 5321 §4.1.1.1): relayed to the destination, where it is known. Where it is not, the extensions that all
 * destinations in reach offer are offered.
 */
final class EhloCommand implements Command {

    @Override
    public Reply execute(CommandLine line, RelaySession session) {
        boolean extended = line.verb().equals("EHLO");
        Hello hello = session.peer().introduced(new Hello(extended, line.argument()));
        Introduction introduction = new Introduction(session);
        Reply reply = session.relay()
                .filters()
                .run(Filters.Pass.of(Filter::hello, session.state(), Filters.Undo.FREELY), hello, introduction::relay);
        if (!reply.isPositive()) {
            if (!introduction.destinationRefused) {
                refuse(line, reply, session);
            }
            return reply;
        }
        return accept(hello, reply, introduction, session);
    }

    /** EHLO ends a transaction as RSET does (RFC 5321 §4.1.4). A filter may take extensions away, and add none. */
    private static Reply accept(Hello hello, Reply reply, Introduction introduction, RelaySession session) {
        session.transactions().end(Result.ABORTED, Optional.empty());
        boolean asRelayed = introduction.relayed.filter(reply::equals).isPresent();
        Extensions offer = asRelayed ? introduction.offer : introduction.offer.intersect(Extensions.of(reply));
        session.state().hello(hello, offer);
        session.admission().acceptHello();
        return asRelayed || !hello.extended() ? reply : offer.toReply(textOf(reply));
    }

    /** Nothing of the running transaction may be delivered, at the destination either. */
    @Override
    public Reply refuse(CommandLine line, Reply refusal, RelaySession session) {
        session.admission().refuseHello();
        session.transaction().ifPresent(RelayTransaction::refuse);
        session.transactions().end(Result.REFUSED, Optional.of(refusal));
        return refusal;
    }

    private static String textOf(Reply reply) {
        String first = reply.wireLines().get(0);
        return first.substring(Math.min(4, first.length()));
    }

    /** One EHLO after it passed the filters. */
    private static final class Introduction {
        private final RelaySession session;
        private Optional<Reply> relayed = Optional.empty();
        private Extensions offer = Extensions.none();
        /** It is in the state that it was in before, and judges what comes next. */
        private boolean destinationRefused;

        Introduction(RelaySession session) {
            this.session = session;
        }

        Reply relay(Hello hello) {
            Reply reply = session.state().home().isPresent() ? relayToHome(hello) : replyForAll(hello);
            relayed = Optional.of(reply);
            destinationRefused =
                    reply.isRefusal() && session.downstream().open().isPresent();
            offer = Extensions.of(reply);
            return reply;
        }

        private Reply relayToHome(Hello hello) {
            if (session.state().hello().isEmpty()) {
                session.downstream().closeIfIntroduced();
            }
            boolean open = session.downstream().open().isPresent()
                    || session.downstream()
                            .connect(
                                    session.state().home().get(),
                                    new Envelope(session.state(), Optional.empty(), Optional.empty()))
                            .isPositive();
            if (!open) {
                return session.failures().reply(session.downstream().whyNotOpen());
            }
            Reply reply = session.failures().reply(session.downstream().introduce(hello));
            session.state().home(session.downstream().destination());
            return reply.isPositive() && hello.extended()
                    ? EhloOffer.of(Extensions.of(reply), session).toReply(textOf(reply))
                    : reply;
        }

        private Reply replyForAll(Hello hello) {
            if (hello.name().isBlank()) {
                return Replies.SYNTAX;
            }
            session.downstream().closeIfIntroduced();
            String name = session.relay().endpoint().hostname();
            if (!hello.extended()) {
                return Reply.of(250, name);
            }
            return session.relay()
                    .routing()
                    .reach(session.state())
                    .map(reach -> session.relay()
                            .offers()
                            .common(
                                    new LinkedHashSet<>(reach),
                                    session.downstream().name()))
                    .<Reply>map(common -> EhloOffer.of(common, session).toReply(name))
                    .orElseGet(session.relay().routing()::failed);
        }
    }
}
