package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.Transcript;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.TimedOut;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session: a loop over the client's commands, a method for each verb. A verb's reply is put on a list; the list is
 * settled, each reply waited for and all of them written at once, when the client has nothing more to say (RFC 2920
 * §3.2). So a group from the client becomes a group to the destination without a thread or a callback more. Everything
 * here runs on the session's thread, except {@link #interrupt} and {@link #abort}.
 */
public final class RelaySession {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    private static final int AUTH_MAX = 12_288;
    private static final int MAX_UNSETTLED = 64;
    /** What needs more than a line and its reply, or would begin a transaction past the filters (RFC 821 §3.4). */
    private static final Set<String> NOT_CARRIED = Set.of(
            "STARTTLS",
            "AUTH",
            "XCLIENT",
            "XFORWARD",
            "PROXY",
            "TURN",
            "ETRN",
            "ATRN",
            "BURL",
            "XEXCH50",
            "SOML",
            "SAML",
            "SEND");

    /** The first four letters of those, by which a lax server knows a verb. */
    private static final Set<String> MAIL_VERBS = Set.of(
            "MAIL", "RCPT", "DATA", "BDAT", "RSET", "AUTH", "EHLO", "HELO", "QUIT", "STAR", "XCLI", "XFOR", "ETRN",
            "ATRN", "TURN", "BURL", "SOML", "SAML", "SEND");

    private static final Reply DRAINING = Reply.refusal(421, "4.3.2", "Service shutting down");
    private static final Reply IDLE = Reply.refusal(421, "4.4.2", "Idle for too long");
    private static final Reply TOO_MANY_ERRORS = Reply.refusal(421, "4.7.0", "Too many errors");
    private static final Reply TOO_LONG = Reply.refusal(500, "5.5.2", "Line too long");
    private static final Reply BARE_LINE = Reply.refusal(500, "5.5.2", "Lines end in CRLF");
    private static final Reply NUL = Reply.refusal(500, "5.5.2", "NUL in a command");
    private static final Reply UNKNOWN = Reply.refusal(500, "5.5.1", "Command not recognized");
    private static final Reply NOT_IMPLEMENTED = Reply.refusal(502, "5.5.1", "Command not implemented");
    private static final Reply SYNTAX = Reply.refusal(501, "5.5.4", "Syntax error in parameters");
    private static final Reply NEED_MAIL = Reply.refusal(503, "5.5.1", "Need MAIL first");
    private static final Reply NESTED_MAIL = Reply.refusal(503, "5.5.1", "Transaction already begun");
    private static final Reply NO_RECIPIENTS = Reply.refusal(554, "5.5.1", "No valid recipients");
    private static final Reply TOO_MANY_RECIPIENTS = Reply.refusal(452, "4.5.3", "Too many recipients");
    private static final Reply ELSEWHERE =
            Reply.refusal(452, "4.5.3", "Send this recipient in a transaction of its own");
    private static final Reply NO_ROUTE = Reply.defer("4.4.4", "Unable to route");
    private static final Reply OK = Reply.of(250, "2.0.0 Ok");

    private final Relay relay;
    private final TransactionHook hook;
    private final Socket socket;
    private final Wire wire;
    private final SessionState session;
    private final DestinationLeg leg;
    private final List<Owed> unsettled = new ArrayList<>();
    private final CountDownLatch aborted = new CountDownLatch(1);
    private Optional<RelayTransaction> current = Optional.empty();
    private Optional<Destination> home = Optional.empty();
    private boolean closing;
    private int errors;
    private int transactions;
    private volatile boolean idle;

    /** A reply that the client is owed, and what is to be done once it is known. */
    private record Owed(Reply reply, Consumer<Reply> settled) {}

    public RelaySession(Relay relay, TransactionHook hook, Socket socket, String id) throws IOException {
        this.relay = relay;
        this.hook = hook;
        this.socket = socket;
        this.wire = new Wire(
                socket, relay.transport().watch(socket), new Wire.Log(relay.transcript(), id, Transcript.Lane.CLIENT));
        this.session = new SessionState(id, (InetSocketAddress) socket.getRemoteSocketAddress(), (InetSocketAddress)
                socket.getLocalSocketAddress());
        this.leg = new DestinationLeg(relay, session);
    }

    /** Holds the session to its end, and leaves nothing open. */
    public void run() {
        relay.listeners().tell(l -> l.sessionStarted(session));
        Step connect = new Step.Connect(session);
        boolean letIn = false;
        try {
            Optional<Reply> refused = pace(connect);
            letIn = refused.isEmpty();
            closing = !letIn;
            say(letIn ? greeting() : refused.get());
            while (!closing) {
                converse();
            }
            wire.closeGently(Duration.ofSeconds(2));
        } catch (IOException e) {
            log.debug("{}: client gone: {}", session.id(), e.toString());
        } catch (RuntimeException | Error e) {
            log.error("{}: session failed", session.id(), e);
        } finally {
            leg.close();
            wire.close();
            end(Result.ABORTED, Optional.empty());
            if (letIn) {
                relay.throttling().ended(connect);
            }
            relay.listeners().tell(l -> l.sessionEnded(session));
        }
    }

    /** Lets a session that only waits for its client hear that the proxy shuts down. Any thread. */
    public void interrupt() {
        if (idle) {
            try {
                socket.shutdownInput();
            } catch (IOException gone) {
                abort();
            }
        }
    }

    /** Breaks off both conversations at once. Any thread. */
    public void abort() {
        aborted.countDown();
        wire.close();
        leg.close();
    }

    private void converse() throws IOException {
        if (!wire.hasBufferedLine() || unsettled.size() >= MAX_UNSETTLED) {
            settle();
        }
        if (closing) {
            return;
        }
        Optional<CommandLine> line = nextLine();
        if (!closing && relay.draining().getAsBoolean() && current.isEmpty()) {
            say(DRAINING);
        } else if (line.isPresent()) {
            command(line.get());
        }
    }

    private Optional<CommandLine> nextLine() throws IOException {
        idle = current.isEmpty();
        try {
            if (idle && relay.draining().getAsBoolean()) {
                return Optional.empty();
            }
            return Optional.of(wire.readCommand(
                    relay.timeouts().clientCommand(), relay.endpoint().maxCommandOctets(), AUTH_MAX));
        } catch (TimedOut e) {
            say(IDLE);
        } catch (IOException e) {
            if (!relay.draining().getAsBoolean() || !idle) {
                throw e;
            }
        } finally {
            idle = false;
        }
        return Optional.empty();
    }

    private void command(CommandLine line) throws IOException {
        String verb = line.verb();
        Optional<Reply> refused = flaw(line).or(() -> pace(new Step.Command(session, verb)));
        if (refused.isPresent()) {
            if (refused.get() == BARE_LINE) {
                wire.discardLine();
            }
            owe(refused.get());
            return;
        }
        switch (verb) {
            case "EHLO", "HELO" -> hello(new Hello(verb.equals("EHLO"), line.argument()));
            case "MAIL" -> mail(line.text());
            case "RCPT" -> rcpt(line.text());
            case "DATA" -> data(line);
            case "RSET" -> reset();
            case "QUIT" -> quit();
            case "BDAT" -> bdat(line.argument());
            default -> other(verb, line.text());
        }
    }

    private Optional<Reply> flaw(CommandLine line) {
        return switch (line.flaw()) {
            case TOO_LONG -> Optional.of(TOO_LONG);
            case NUL -> Optional.of(NUL);
            case BARE_LINE_END -> lineEndsAreStrict(line) ? Optional.of(BARE_LINE) : Optional.empty();
            case NONE -> Optional.empty();
        };
    }

    private boolean lineEndsAreStrict(CommandLine line) {
        return relay.endpoint().bareLineFeeds() == io.github.smtpproxy.BareLineFeeds.REJECT
                || line.text().indexOf('\r') >= 0
                || line.text().indexOf('\0') >= 0;
    }

    private Reply greeting() {
        Reply reply = relay.filters()
                .run(
                        Filter::connect,
                        session,
                        session,
                        Optional.empty(),
                        FilterPipeline.Undo.FREELY,
                        () -> {},
                        s -> connect());
        closing = !reply.isPositive();
        return reply;
    }

    private Reply connect() {
        Route route = route(() -> relay.router().connect(session));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            home = Optional.of(to.destination());
            return leg.greet(to.destination());
        }
        return Reply.of(220, relay.endpoint().hostname() + " ESMTP");
    }

    private void hello(Hello hello) throws IOException {
        settle();
        Extensions[] offered = {Extensions.none()};
        Reply reply = relay.filters()
                .run(Filter::hello, hello, session, Optional.empty(), FilterPipeline.Undo.FREELY, () -> {}, h -> {
                    Reply answer = introduce(h);
                    offered[0] = Extensions.of(answer);
                    return answer;
                });
        if (reply.isPositive()) {
            // RFC 5321 §4.1.4: as if RSET had been said
            end(Result.ABORTED, Optional.empty());
            session.hello(hello);
            if (hello.extended()) {
                String first = reply.wireLines()
                        .get(0)
                        .substring(Math.min(4, reply.wireLines().get(0).length()));
                reply = offered[0].intersect(Extensions.of(reply)).toReply(first);
            }
        }
        owe(reply);
        settle();
    }

    private Reply introduce(Hello hello) {
        if (leg.open().isEmpty() && home.isPresent()) {
            session.hello(hello);
            Optional<Reply> failed = leg.ensure(home.get());
            if (failed.isPresent()) {
                return failed.get();
            }
        }
        if (home.isEmpty()) {
            leg.open().ifPresent(d -> d.hello(hello));
            Extensions common =
                    CarriedExtensions.of(relay.offers().common(relay.router().reach(), leg.name()));
            String name = relay.endpoint().hostname();
            return hello.extended() ? common.toReply(name) : Reply.of(250, name);
        }
        Reply reply = leg.get().hello(hello);
        if (!reply.isPositive() || !hello.extended()) {
            return reply;
        }
        String first = reply.wireLines().get(0);
        return CarriedExtensions.of(Extensions.of(reply)).toReply(first.length() > 4 ? first.substring(4) : "");
    }

    private void mail(String line) throws IOException {
        if (current.isPresent()) {
            settle();
        }
        if (current.isPresent()) {
            outOfOrder(line, NESTED_MAIL);
            return;
        }
        Optional<MailFrom> parsed = parse(() -> MailFrom.parse(line));
        if (parsed.isEmpty()) {
            owe(SYNTAX);
            return;
        }
        Step.Mail step = new Step.Mail(session, parsed.get());
        Optional<Reply> refused = pace(step);
        if (refused.isPresent()) {
            owe(refused.get());
            return;
        }
        RelayTransaction transaction = begin(step);
        Reply reply = relay.filters()
                .run(
                        Filter::mail,
                        parsed.get(),
                        session,
                        Optional.empty(),
                        FilterPipeline.Undo.BY_GIVING_UP,
                        () -> giveUp(transaction),
                        mail -> transmit(transaction, mail));
        owe(reply, r -> {
            relay.listeners().tell(l -> l.mail(session, transaction.mail(), r));
            if (!r.isPositive()) {
                endIf(transaction, Result.REFUSED, r);
            }
        });
    }

    private Reply transmit(RelayTransaction transaction, MailFrom mail) {
        transaction.mail(mail);
        Route route = home.<Route>map(Route::to)
                .orElseGet(() -> route(() -> relay.router().mail(session, mail)));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (route instanceof Route.To to) {
            transaction.destination(to.destination());
            return leg.ensure(to.destination()).orElseGet(() -> leg.get().pipeline(mail.wireLine()));
        }
        return Reply.of(250, "2.1.0 Ok");
    }

    private void rcpt(String line) throws IOException {
        if (current.isEmpty()) {
            outOfOrder(line, NEED_MAIL);
            return;
        }
        RelayTransaction transaction = current.get();
        Optional<RcptTo> parsed = parse(() -> RcptTo.parse(line));
        Optional<Reply> refused = parsed.isEmpty()
                ? Optional.of(SYNTAX)
                : rcptRefused(transaction).or(() -> pace(new Step.Rcpt(transaction, parsed.get())));
        if (refused.isPresent()) {
            owe(refused.get());
            return;
        }
        RcptTo[] passedOn = {parsed.get()};
        Reply reply = relay.filters()
                .run(
                        Filter::rcpt,
                        parsed.get(),
                        session,
                        Optional.<Transaction>of(transaction),
                        FilterPipeline.Undo.BY_GIVING_UP,
                        () -> giveUp(transaction),
                        rcpt -> {
                            passedOn[0] = rcpt;
                            return transmit(transaction, rcpt);
                        });
        transaction.asked(passedOn[0], reply);
        owe(reply, r -> relay.listeners().tell(l -> l.rcpt(transaction, passedOn[0], r)));
    }

    private Optional<Reply> rcptRefused(RelayTransaction transaction) {
        if (transaction.givenUp()) {
            return Optional.of(FilterPipeline.FAILED);
        }
        boolean full = transaction.recipientsAsked() >= relay.endpoint().maxRecipients();
        return full ? Optional.of(TOO_MANY_RECIPIENTS) : Optional.empty();
    }

    private Reply transmit(RelayTransaction transaction, RcptTo rcpt) {
        if (home.isPresent()) {
            return leg.get().pipeline(rcpt.wireLine());
        }
        Route route = route(() -> relay.router().rcpt(session, transaction.mail(), rcpt));
        if (route instanceof Route.Refuse refuse) {
            return refuse.reply();
        }
        if (!(route instanceof Route.To to)) {
            return NO_ROUTE;
        }
        if (transaction.destination().isEmpty()) {
            Optional<Reply> refused = openLate(transaction, to.destination());
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        return transaction.destination().get().equals(to.destination())
                ? leg.get().pipeline(rcpt.wireLine())
                : ELSEWHERE;
    }

    /** The route is known now: the destination hears what the proxy has answered for it so far. */
    private Optional<Reply> openLate(RelayTransaction transaction, Destination destination) {
        Optional<Reply> failed = leg.ensure(destination);
        if (failed.isPresent()) {
            return failed;
        }
        Reply reply = leg.get().ask(transaction.mail().wireLine());
        if (!reply.isPositive()) {
            return Optional.of(reply);
        }
        transaction.destination(destination);
        return Optional.empty();
    }

    private void data(CommandLine line) throws IOException {
        if (!line.argument().isEmpty()) {
            owe(SYNTAX);
            return;
        }
        boolean reads = relay.filters().readsContent();
        if (reads) {
            settle();
        }
        if (closing) {
            return;
        }
        Optional<RelayTransaction> transaction =
                current.filter(t -> t.destination().isPresent());
        boolean answered = unsettled.isEmpty();
        if (transaction.isEmpty() || answered && transaction.get().recipients().isEmpty()) {
            outOfOrder("DATA", current.isEmpty() ? NEED_MAIL : NO_RECIPIENTS);
        } else if (transaction.get().givenUp()) {
            owe(FilterPipeline.FAILED);
        } else if (reads) {
            filtered(transaction.get());
        } else {
            streamed(transaction.get());
        }
    }

    private void streamed(RelayTransaction transaction) throws IOException {
        Downstream downstream = leg.get();
        Reply goOn = downstream.data();
        owe(goOn);
        settle();
        if (!closing && goOn.isIntermediate()) {
            message(transaction, (relaying, data) -> relaying.stream());
        }
    }

    private void filtered(RelayTransaction transaction) throws IOException {
        say(Reply.of(354, "End data with <CR><LF>.<CR><LF>"));
        message(transaction, (relaying, data) -> relaying.filter(relay.filters()));
    }

    private interface Transfer {
        Reply of(MessageRelay relaying, ClientData data) throws IOException;
    }

    private void message(RelayTransaction transaction, Transfer transfer) throws IOException {
        Downstream downstream = leg.get();
        ClientData data = new ClientData(
                wire,
                relay.timeouts().dataBlock(),
                relay.endpoint().bareLineFeeds(),
                octets -> pace(new Step.Data(transaction, octets)));
        try {
            Reply reply = transfer.of(new MessageRelay(relay, transaction, downstream, data), data);
            transaction.octets(data.octets());
            clean(downstream, data);
            endIf(transaction, result(reply), reply);
            owe(reply);
        } catch (TimedOut e) {
            transaction.octets(data.octets());
            downstream.close();
            endIf(transaction, Result.FAILED, IDLE);
            say(IDLE);
        } finally {
            wire.shrink();
        }
        settle();
    }

    /** After a final reply nothing of the transaction is left with the destination. */
    private static void clean(Downstream downstream, ClientData data) {
        if (data.refusal().isPresent() && !downstream.atRest()) {
            downstream.close();
        } else if (!downstream.committed()
                && !downstream.lost()
                && !downstream.ask("RSET").isPositive()) {
            downstream.close();
        }
    }

    private static Result result(Reply reply) {
        if (reply.isPositive()) {
            return Result.DELIVERED;
        }
        if (reply == Failure.LOST_AFTER_DOT.reply()) {
            return Result.UNKNOWN;
        }
        return reply == Failure.LOST.reply() || reply == FilterPipeline.FAILED ? Result.FAILED : Result.REFUSED;
    }

    private void reset() throws IOException {
        settle();
        end(Result.ABORTED, Optional.empty());
        owe(leg.open().map(d -> d.ask("RSET")).orElse(OK));
    }

    private void quit() throws IOException {
        settle();
        end(Result.ABORTED, Optional.empty());
        say(leg.open().map(Downstream::quit).orElse(Reply.of(221, "2.0.0 Bye")));
        closing = true;
    }

    /** CHUNKING is not offered; the chunk is swallowed all the same, or it would be read as commands (RFC 3030 §2). */
    private void bdat(String argument) throws IOException {
        settle();
        String size = argument.split(" ", 2)[0];
        if (!size.matches("[0-9]{1,18}")) {
            say(SYNTAX);
            closing = true;
            return;
        }
        for (long left = Long.parseLong(size); left > 0; ) {
            if (!wire.hasBuffered()) {
                wire.readBlock(relay.timeouts().dataBlock());
            }
            int n = (int) Math.min(left, wire.limit() - wire.position());
            wire.consume(wire.position() + n);
            left -= n;
        }
        owe(NOT_IMPLEMENTED);
    }

    private void other(String verb, String line) throws IOException {
        settle();
        boolean almostMail = verb.length() > 4 && MAIL_VERBS.contains(verb.substring(0, 4));
        if (NOT_CARRIED.contains(verb)) {
            owe(NOT_IMPLEMENTED);
        } else if (almostMail || verb.isEmpty()) {
            // a server that looks at four letters only would take it for the mail verb, past every filter
            owe(UNKNOWN);
        } else if (home.isPresent() && leg.ensure(home.get()).isEmpty()) {
            owe(leg.get().ask(line));
        } else {
            owe(verb.equals("NOOP") ? OK : NOT_IMPLEMENTED);
        }
    }

    /** The destination says it in its own words; should it take the command, it is kept from going on with it. */
    private void outOfOrder(String line, Reply fallback) throws IOException {
        settle();
        if (closing || leg.open().isEmpty()) {
            owe(fallback);
            return;
        }
        Downstream downstream = leg.get();
        Reply reply = line.equals("DATA") ? downstream.data() : downstream.ask(line);
        if (!reply.isRefusal()) {
            downstream.close();
            end(Result.FAILED, Optional.of(fallback));
        }
        owe(reply.isRefusal() ? reply : fallback);
    }

    private RelayTransaction begin(Step.Mail step) {
        RelayTransaction transaction = new RelayTransaction(session.id() + "-" + ++transactions, step);
        current = Optional.of(transaction);
        hook.began();
        relay.listeners().tell(l -> l.transactionStarted(session));
        return transaction;
    }

    private void giveUp(RelayTransaction transaction) {
        transaction.giveUp();
        leg.open().ifPresent(d -> {
            if (!d.ask("RSET").isPositive()) {
                d.close();
            }
        });
    }

    private void endIf(RelayTransaction transaction, Result result, Reply reply) {
        if (current.filter(t -> t == transaction).isPresent()) {
            end(result, Optional.of(reply));
        }
    }

    private void end(Result result, Optional<Reply> reply) {
        if (current.isEmpty()) {
            return;
        }
        RelayTransaction ended = current.get();
        current = Optional.empty();
        hook.ended();
        Outcome outcome = new Outcome(result, reply, ended.octets(), Duration.ofNanos(ended.nanos()));
        log.info(
                "{} client={} helo={} from={} recipients={} octets={} destination={} outcome={} reply=\"{}\" ms={}",
                ended.id(),
                session.remoteAddress().getAddress().getHostAddress(),
                Redaction.escape(session.hello().map(Hello::name).orElse("-")),
                Redaction.escape(ended.mail().toString()),
                ended.recipientsAsked(),
                ended.octets(),
                ended.destination().map(Destination::toString).orElse("-"),
                result,
                Redaction.escape(reply.map(Reply::toString).orElse("-")),
                outcome.duration().toMillis());
        relay.throttling().ended(ended.step());
        relay.listeners().tell(l -> l.transactionEnded(session, outcome));
    }

    private void owe(Reply reply) {
        owe(reply, r -> {});
    }

    private void owe(Reply reply, Consumer<Reply> settled) {
        unsettled.add(new Owed(reply, settled));
    }

    private void say(Reply reply) throws IOException {
        owe(reply);
        settle();
    }

    /** Waits for every reply that is owed, and writes them all at once. */
    private void settle() throws IOException {
        for (Owed owed : unsettled) {
            Reply reply = owed.reply;
            owed.settled.accept(reply);
            reply = judged(reply);
            wire.queueReply(reply);
            if (reply.code() == 421) {
                closing = true;
                boolean ours = reply.equals(IDLE) || reply.equals(TOO_MANY_ERRORS);
                end(ours ? Result.ABORTED : Result.FAILED, Optional.of(reply));
                break;
            }
        }
        unsettled.clear();
        wire.flush(relay.timeouts().dataBlock());
    }

    private Reply judged(Reply reply) {
        if (!reply.isRefusal()) {
            return reply;
        }
        int code = reply.code();
        if (code >= 500 && code <= 503 && ++errors > relay.endpoint().maxErrors()) {
            return TOO_MANY_ERRORS;
        }
        return pace(new Step.Refusal(session, reply))
                .filter(r -> r.code() == 421)
                .orElse(reply);
    }

    private Optional<Reply> pace(Step step) {
        Pace pace = relay.throttling().before(step);
        if (!pace.delay().isZero()) {
            try {
                aborted.await(pace.delay().toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
        return pace.refusal();
    }

    private Route route(Supplier<Route> ask) {
        try {
            Route route = ask.get();
            if (route != null) {
                return route;
            }
            log.error("{}: router returned null", session.id());
        } catch (RuntimeException e) {
            log.error("{}: router failed", session.id(), e);
        }
        return Route.refuse(FilterPipeline.FAILED);
    }

    private static <T> Optional<T> parse(Supplier<T> syntax) {
        try {
            return Optional.of(syntax.get());
        } catch (IllegalArgumentException bad) {
            return Optional.empty();
        }
    }
}
