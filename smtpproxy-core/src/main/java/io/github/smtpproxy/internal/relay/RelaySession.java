package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.BareLineFeeds;
import io.github.smtpproxy.Transcript;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.TimedOut;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session: a loop over the client's commands, and for each verb the place where it is dealt with. Everything here
 * runs on the session's thread, except {@link #interrupt} and {@link #abort}.
 */
public final class RelaySession {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    private static final int AUTH_MAX = 12_288;

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

    private final Relay relay;
    private final Wire client;
    private final SessionState session;
    private final Conversation conversation;
    private final Initiation initiation;
    private final Envelope envelope;
    private final Data data;
    private volatile boolean idle;

    public RelaySession(Relay relay, TransactionHook hook, Socket socket, String id) throws IOException {
        this.relay = relay;
        this.client = new Wire(
                socket, relay.transport().watch(socket), new Wire.Log(relay.transcript(), id, Transcript.Lane.CLIENT));
        this.session = new SessionState(id, (InetSocketAddress) socket.getRemoteSocketAddress(), (InetSocketAddress)
                socket.getLocalSocketAddress());
        this.conversation = new Conversation(relay, hook, session, client);
        this.initiation = new Initiation(conversation);
        this.envelope = new Envelope(conversation);
        this.data = new Data(conversation);
    }

    /** Holds the session to its end, and leaves nothing open. */
    public void run() {
        relay.listeners().tell(l -> l.sessionStarted(session));
        Step connect = new Step.Connect(session);
        boolean letIn = false;
        try {
            Optional<Reply> refused = conversation.pace(connect);
            letIn = refused.isEmpty();
            if (!letIn) {
                conversation.close();
            }
            conversation.say(letIn ? initiation.greeting() : refused.get());
            while (!conversation.closing()) {
                converse();
            }
            client.closeGently(Duration.ofSeconds(2));
        } catch (IOException e) {
            log.debug("{}: client gone: {}", session.id(), e.toString());
        } catch (RuntimeException | Error e) {
            log.error("{}: session failed", session.id(), e);
        } finally {
            conversation.abort();
            conversation.end(Result.ABORTED, Optional.empty());
            if (letIn) {
                relay.throttling().ended(connect);
            }
            relay.listeners().tell(l -> l.sessionEnded(session));
        }
    }

    /** Lets a session that only waits for its client hear that the proxy shuts down. Any thread. */
    public void interrupt() {
        if (idle) {
            client.expire();
        }
    }

    /** Breaks off both conversations at once. Any thread. */
    public void abort() {
        conversation.abort();
    }

    private void converse() throws IOException {
        if (!client.hasBufferedLine() || conversation.owesMuch()) {
            conversation.settle();
        }
        if (conversation.closing()) {
            return;
        }
        Optional<CommandLine> line = nextLine();
        if (!conversation.closing() && draining() && betweenTransactions()) {
            conversation.say(Replies.DRAINING);
        } else if (line.isPresent()) {
            command(line.get());
        }
    }

    private Optional<CommandLine> nextLine() throws IOException {
        idle = betweenTransactions();
        try {
            if (idle && draining()) {
                return Optional.empty();
            }
            return Optional.of(client.readCommand(
                    relay.timeouts().clientCommand(), relay.endpoint().maxCommandOctets(), AUTH_MAX));
        } catch (TimedOut e) {
            if (!draining() || !idle) {
                conversation.say(Replies.IDLE);
            }
        } finally {
            idle = false;
        }
        return Optional.empty();
    }

    private boolean draining() {
        return relay.draining().getAsBoolean();
    }

    private boolean betweenTransactions() {
        return conversation.transaction().isEmpty();
    }

    private void command(CommandLine line) throws IOException {
        String verb = line.verb();
        Optional<Reply> refused = flaw(line).or(() -> conversation.pace(new Step.Command(session, verb)));
        if (refused.isPresent()) {
            if (refused.get() == Replies.BARE_LINE) {
                client.discardLine();
            }
            conversation.owe(refused.get());
            return;
        }
        switch (verb) {
            case "EHLO", "HELO" -> initiation.hello(new Hello(verb.equals("EHLO"), line.argument()));
            case "MAIL" -> envelope.mail(line.text());
            case "RCPT" -> envelope.rcpt(line.text());
            case "DATA" -> data.data(line);
            case "RSET" -> reset();
            case "QUIT" -> quit();
            case "BDAT" -> bdat(line.argument());
            default -> other(verb, line.text());
        }
    }

    private Optional<Reply> flaw(CommandLine line) {
        return switch (line.flaw()) {
            case TOO_LONG -> Optional.of(Replies.TOO_LONG);
            case NUL -> Optional.of(Replies.NUL);
            case BARE_LINE_END -> lineEndsAreStrict(line) ? Optional.of(Replies.BARE_LINE) : Optional.empty();
            case NONE -> Optional.empty();
        };
    }

    private boolean lineEndsAreStrict(CommandLine line) {
        return relay.endpoint().bareLineFeeds() == BareLineFeeds.REJECT
                || line.text().indexOf('\r') >= 0
                || line.text().indexOf('\0') >= 0;
    }

    private void reset() throws IOException {
        conversation.settle();
        conversation.end(Result.ABORTED, Optional.empty());
        conversation.owe(conversation.leg.open().map(d -> d.ask("RSET")).orElse(Replies.OK));
    }

    private void quit() throws IOException {
        conversation.settle();
        conversation.end(Result.ABORTED, Optional.empty());
        conversation.say(conversation.leg.open().map(Downstream::quit).orElse(Replies.BYE));
        conversation.close();
    }

    /** CHUNKING is not offered; the chunk is swallowed all the same, or it would be read as commands (RFC 3030 §2). */
    private void bdat(String argument) throws IOException {
        conversation.settle();
        String size = argument.split(" ", 2)[0];
        if (!size.matches("[0-9]{1,18}")) {
            conversation.say(Replies.SYNTAX);
            conversation.close();
            return;
        }
        for (long left = Long.parseLong(size); left > 0; ) {
            if (!client.hasBuffered()) {
                client.readBlock(relay.timeouts().dataBlock());
            }
            int n = (int) Math.min(left, client.limit() - client.position());
            client.consume(client.position() + n);
            left -= n;
        }
        conversation.owe(Replies.NOT_IMPLEMENTED);
    }

    private void other(String verb, String line) throws IOException {
        conversation.settle();
        boolean almostMail = verb.length() > 4 && MAIL_VERBS.contains(verb.substring(0, 4));
        if (NOT_CARRIED.contains(verb)) {
            conversation.owe(Replies.NOT_IMPLEMENTED);
        } else if (almostMail || verb.isEmpty()) {
            // a server that looks at four letters only would take it for the mail verb, past every filter
            conversation.owe(Replies.UNKNOWN);
        } else if (conversation
                .home()
                .filter(h -> conversation.leg.ensure(h).isEmpty())
                .isPresent()) {
            conversation.owe(conversation.leg.get().ask(line));
        } else {
            conversation.owe(verb.equals("NOOP") ? Replies.OK : Replies.NOT_IMPLEMENTED);
        }
    }
}
