package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.host.Refusals;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.Verb.Trait;
import io.github.smtpproxy.internal.transport.SurvivedErrors;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session.HangUp;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLHandshakeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of one session: read a line, look its verb up, let the command reply, queue the reply, write the queue when the
 * client has nothing more to send. It is straight-line blocking code on one thread; there is no second thread, no callback
 * from the network and no state machine of I/O.
 *
 * <p>A command returns its reply and writes nothing itself. Where it goes on after a first reply (354, 334, 220 to STARTTLS)
 * it returns a {@link Continuation}, and this loop writes the first reply before it lets the command go on.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>Every line gets exactly one reply, in the order of the lines (RFC 5321 §4.1.1), up to the first 421 (§3.8). After it
 *       nothing is read as a command.
 *   <li>A command is executed only when all earlier replies are known and written, unless its verb {@linkplain
 *       Trait#RUNS_AHEAD runs ahead}: MAIL, RCPT and DATA of a pipelined group (RFC 2920 §3.1). So no other command ever
 *       acts on a state that a pending reply may still change.
 *   <li>What the table of verbs or a throttle refuses is never executed; {@link Command#refuse} keeps the refusal valid for
 *       later commands of the transaction.
 *   <li>Octets that are no command lines (a chunk behind a BDAT line that cannot be read, HTTP, the rest of a line that is
 *       too long) are never executed: the session ends, or they are discarded.
 *   <li>Whatever ends the session (QUIT, 421, a client that is gone, a fault, a drain) ends the running transaction and both
 *       connections once, in {@link #run}. A message that is not complete is not delivered, since the downstream connection
 *       is closed without its end of data.
 * </ul>
 *
 * <p>Thread confinement: all methods run on the session's thread, except {@link #interrupt} and {@link #abort}, which any
 * thread may call at any time: they close sockets and set flags only. Each wait has a deadline: for the client's next line
 * (RFC 5321 §4.5.3.2.7), for writing to it, and those of the downstream connection.
 */
public final class SessionLoop {

    private static final Logger log = LoggerFactory.getLogger(SessionLoop.class);

    private static final SurvivedErrors AT_THE_END = new SurvivedErrors("ending sessions");
    private static final Duration FOR_LAST_REPLY = Duration.ofSeconds(2);

    private final Relay relay;
    private final CommandTable commands;
    private final Wire client;
    private final SessionState state;
    private final RelaySession session;
    private final ReplyQueue replies;
    /** What the end of a session takes, whatever ended it. Made before it is needed, when there may be no memory. */
    private final List<Runnable> ending;

    private String verb = "CONNECT";
    private Spoken spoken = new Spoken("CONNECT", "");
    private long began = System.nanoTime();
    private Optional<RelayTransaction> transaction = Optional.empty();

    public SessionLoop(Relay relay, CommandTable commands, TransactionHook hook, Socket socket, String id)
            throws IOException {
        this(relay, commands, hook, socket, id, System::nanoTime);
    }

    SessionLoop(
            Relay relay, CommandTable commands, TransactionHook hook, Socket socket, String id, LongSupplier nanoTime)
            throws IOException {
        this.relay = relay;
        this.commands = commands;
        this.client = new Wire(
                socket,
                relay.network().watch(socket),
                new Wire.Log(relay.transcript(), id, Transcript.Lane.CLIENT),
                relay.budget());
        if (relay.endpoint().bareNewlines() != BareNewlines.REJECT) {
            client.acceptBareLineFeeds();
        }
        this.state = new SessionState(
                id,
                relay.endpoint().name(),
                (InetSocketAddress) socket.getRemoteSocketAddress(),
                relay.network().originalDestination(socket),
                relay.given());
        this.session = new RelaySession(relay, hook, state, client, nanoTime);
        state.onHangUp(how -> hangUp(socket, how));
        this.replies = new ReplyQueue(
                client,
                relay.timeouts().dataBlock(),
                new ReplyJudge(session),
                new SlowReply(client, relay.timeouts().dataBlock(), session.pacing()),
                new ReplyFaults(client, relay.timeouts().dataBlock(), session.faults()));
        session.initiation().teaser(replies::tease);
        this.ending = List.of(
                session::leaveClient,
                client::releaseBuffer,
                () -> session.transactions().end(Result.ABORTED, Optional.empty()),
                session.initiation()::leave,
                session::abort,
                session.connections()::ended,
                () -> relay.listeners().notify(state, "sessionEnded", l -> l.sessionEnded(state)));
    }

    /** The session, for what is known of its client before it runs. */
    public SessionState state() {
        return state;
    }

    /** Serves the session to its end, and leaves nothing open. */
    public void run() {
        Duration limit = relay.timeouts().proxyHeader();
        if (!session.peer().readHeader(client, session.departure(), limit, this::isLeaving)) {
            session.abort();
            return;
        }
        AT_THE_END.log();
        relay.listeners().notify(state, "sessionStarted", l -> l.sessionStarted(state));
        try {
            serve();
        } catch (SSLHandshakeException e) {
            if (!isLeaving()) {
                String why = LogText.escape(String.valueOf(e.getMessage()));
                log.info("{}: no TLS with {}: {}", state.id(), state.remoteAddress(), why);
            }
        } catch (IOException e) {
            log.debug("{}: client gone: {}", state.id(), LogText.escape(e.toString()));
        } catch (RuntimeException | Error e) {
            log.error("{}: session failed", state.id(), e);
        } finally {
            ending.forEach(AT_THE_END::retry);
        }
    }

    private void serve() throws IOException {
        session.tls().begin();
        reply(session.open());
        write();
        while (!session.isClosing()) {
            converse();
        }
        write();
        if (!isQuit() && !place().isTaken()) {
            client.closeGently(FOR_LAST_REPLY);
        }
    }

    /** After QUIT the client sends nothing (RFC 5321 §4.1.1.10), unless TLS has to be closed. */
    private boolean isQuit() {
        return session.isQuit() && !client.hasBuffered() && state.tls().isEmpty();
    }

    private void converse() throws IOException {
        inReplyTo(Refusals.NO_VERB);
        if (!client.hasBufferedLine() || isDue()) {
            write();
        }
        if (session.isClosing()) {
            return;
        }
        Optional<CommandLine> line = nextLine();
        if (line.isPresent()) {
            execute(line.get());
            if (UnreadChunk.isAnnounced(line.get())) {
                session.close();
            }
        }
    }

    private boolean isDue() {
        return replies.isDue()
                || session.downstream()
                        .open()
                        .filter(Downstream::hasManyReplies)
                        .isPresent();
    }

    /** The next line; none where the session ends in its place. */
    private Optional<CommandLine> nextLine() throws IOException {
        if (session.times().areOver()) {
            return endWith(session.lineTimedOut());
        }
        Duration timeout = session.times().forLine(session.admission());
        if (timeout.isNegative() || timeout.isZero()) {
            return endWith(Admission.NO_QUIT);
        }
        if (mustLeave()) {
            return endWith(Replies.DRAINING);
        }
        try {
            CommandLine line = session.readLine(timeout, relay.endpoint().maxCommandOctets());
            return mustLeave() ? endWith(Replies.DRAINING) : Optional.of(line);
        } catch (DeadlineExceededException e) {
            return endWith(session.lineTimedOut());
        }
    }

    private boolean mustLeave() {
        return session.isDraining() && session.transaction().isEmpty();
    }

    private Optional<CommandLine> endWith(Reply reply) throws IOException {
        reply(reply);
        write();
        return Optional.empty();
    }

    private void execute(CommandLine line) throws IOException {
        Optional<String> known = Redaction.knownVerb(line.text());
        inReplyTo(known.orElse(Refusals.NO_VERB));
        if (ForeignProtocol.isSpoken(line) && !commands.resembles(line.text())) {
            ProtocolTests.foreign(session);
            endWith(Replies.NOT_SMTP);
            return;
        }
        session.secretsMayFollow(Redaction.isLogin(line.text()) || session.secretsMayFollow() && known.isEmpty());
        spoken = Spoken.of(line, session.secretsMayFollow() && known.isEmpty());
        Verb asked = commands.verb(line.verb());
        if (session.isLoginLost() && !asked.name().equals("QUIT")) {
            endWith(session.failures().reply(Failure.LOST));
            return;
        }
        boolean ahead = asked.is(Trait.RUNS_AHEAD) && session.faults().isNone();
        if (!ahead || !asked.command().mayRunAhead(session)) {
            write();
        }
        if (!session.isClosing()) {
            carryOut(asked, line);
        }
    }

    private void carryOut(Verb asked, CommandLine line) throws IOException {
        Optional<Reply> violation = ProtocolTests.refusal(asked, line, session);
        Optional<Reply> flaw = ClientErrors.flaw(line).map(violation::orElse);
        Optional<Reply> refusal = flaw.or(() -> violation).or(() -> CommandOrder.refusal(asked, line.verb(), session));
        if (refusal.isEmpty()) {
            refusal = session.faults().before(spoken, transaction);
        }
        Reply reply;
        if (flaw.isPresent()) {
            reply = flaw.get();
        } else if (refusal.isPresent()) {
            reply = asked.command().refuse(line, refusal.get(), session);
        } else {
            reply = asked.command().execute(line, session);
        }
        finish(reply);
        if (asked.is(Trait.ENDS_GROUP)) {
            write();
        }
    }

    private void finish(Reply first) throws IOException {
        Optional<Reply> reply = Optional.of(first);
        while (reply.isPresent() && reply.get() instanceof Continuation continuation) {
            reply(continuation.first());
            write();
            if (session.isClosing()) {
                return;
            }
            reply = continuation.next();
        }
        reply.ifPresent(this::reply);
        if (session.logins().areTooMany()) {
            reply(Replies.TOO_MANY_FAILED_LOGINS);
        }
    }

    private void inReplyTo(String command) {
        verb = command;
        began = System.nanoTime();
        transaction = session.transaction();
    }

    private void reply(Reply reply) {
        Optional<RelayTransaction> part = session.transaction().or(() -> transaction);
        Optional<RcptTo> recipient = verb.equals("RCPT") ? part.flatMap(RelayTransaction::asked) : Optional.empty();
        boolean endsMessage = (verb.equals("DATA") || verb.equals("BDAT"))
                && part.filter(RelayTransaction::hasEnded).isPresent();
        replies.add(
                reply,
                new ReplyQueue.InReplyTo(
                        verb, spoken, part.map(Transaction.class::cast), recipient, endsMessage, began));
    }

    private void write() throws IOException {
        replies.write();
        session.downstream().open().ifPresent(Downstream::repliesDelivered);
    }

    /** Ends the session if it is in no transaction: the proxy drains. Any thread, again and again. */
    public void interrupt() {
        session.departure().ask();
    }

    private boolean isLeaving() {
        return session.isDraining() || place().isTaken();
    }

    /** What it holds of those that the endpoint has. Any thread. */
    public Place place() {
        return session.departure().place();
    }

    private void hangUp(Socket socket, HangUp how) {
        try {
            if (how == HangUp.RESET) {
                socket.setSoLinger(true, 0);
            }
        } catch (SocketException e) {
            log.debug("{}: closed already: {}", state.id(), e.toString());
        }
        abort();
    }

    /** Closes both connections at once. Any thread. */
    public void abort() {
        session.abort();
    }
}
