package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.transport.SurvivedErrors;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.DeadlineExceededException;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.ProxyHeaderException;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLHandshakeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session: a loop over the client's commands, and for each verb the place where it is dealt with. Everything here
 * runs on the session's thread, except {@link #interrupt} and {@link #abort}.
 */
public final class RelaySession {

    private static final Logger log = LoggerFactory.getLogger(RelaySession.class);

    private static final SurvivedErrors AT_THE_END = new SurvivedErrors("ending sessions");

    /** Octets of a line of an authentication exchange (RFC 4954 §4). */
    static final int AUTH_MAX = 12_288;

    /** The first four letters of those, by which a lax server knows a verb. */
    private static final Set<String> MAIL_VERBS = Set.of(
            "MAIL", "RCPT", "DATA", "BDAT", "RSET", "AUTH", "EHLO", "HELO", "QUIT", "STAR", "XCLI", "XFOR", "ETRN",
            "ATRN", "TURN", "BURL", "SOML", "SAML", "SEND");

    private final Relay relay;
    private final Wire client;
    private final SessionState session;
    private final Conversation conversation;
    private final Trusted trusted;
    private final StartTls startTls;
    private final Authentication authentication;
    private final Initiation initiation;
    private final Envelope envelope;
    private final Data data;
    private final Chunks chunks;
    /** What a session ends with, whatever ended it. Made before it is needed: it may be that there was no memory. */
    private final List<Runnable> ending;

    private Optional<Step.Connect> entered = Optional.empty();
    private boolean quit;
    private boolean mayBeSecret;

    public RelaySession(Relay relay, TransactionHook hook, Socket socket, String id) throws IOException {
        this(relay, hook, socket, id, System::nanoTime);
    }

    RelaySession(Relay relay, TransactionHook hook, Socket socket, String id, LongSupplier nanoTime)
            throws IOException {
        this.relay = relay;
        this.client = new Wire(
                socket,
                relay.network().watch(socket),
                new Wire.Log(relay.transcript(), id, Transcript.Lane.CLIENT),
                relay.budget());
        if (relay.endpoint().bareNewlines() != BareNewlines.REJECT) {
            client.acceptBareLineFeeds();
        }
        this.session = new SessionState(id, (InetSocketAddress) socket.getRemoteSocketAddress(), (InetSocketAddress)
                socket.getLocalSocketAddress());
        this.conversation = new Conversation(relay, hook, session, client, nanoTime);
        this.trusted = new Trusted(conversation);
        this.startTls = new StartTls(conversation);
        this.authentication = new Authentication(conversation);
        this.initiation = new Initiation(conversation, new Offered(conversation, startTls, authentication, trusted));
        this.envelope = new Envelope(conversation);
        this.data = new Data(conversation);
        this.chunks = new Chunks(conversation);
        this.ending = List.of(
                conversation::abort,
                client::releaseBuffer,
                () -> conversation.end(Result.ABORTED, Optional.empty()),
                this::leave,
                () -> relay.listeners().notify(session, "sessionEnded", l -> l.sessionEnded(session)));
    }

    /** Holds the session to its end, and leaves nothing open. */
    public void run() {
        try {
            trusted.header();
        } catch (IOException e) {
            boolean silent = e instanceof ProxyHeaderException header && header.isMissing();
            if (!silent && !conversation.isDraining()) {
                log.warn("{}: no PROXY header from {}: {}", session.id(), session.remoteAddress(), e.toString());
            }
            conversation.abort();
            return;
        }
        AT_THE_END.log();
        relay.listeners().notify(session, "sessionStarted", l -> l.sessionStarted(session));
        try {
            startTls.first();
            conversation.say(enter());
            while (!conversation.closing()) {
                converse();
            }
            if (!parted()) {
                client.closeGently(Duration.ofSeconds(2));
            }
        } catch (SSLHandshakeException e) {
            if (!conversation.isDraining()) {
                String why = LogText.escape(String.valueOf(e.getMessage()));
                log.info("{}: no TLS with {}: {}", session.id(), session.remoteAddress(), why);
            }
        } catch (IOException e) {
            log.debug("{}: client gone: {}", session.id(), LogText.escape(e.toString()));
        } catch (RuntimeException | Error e) {
            log.error("{}: session failed", session.id(), e);
        } finally {
            ending.forEach(AT_THE_END::retry);
        }
    }

    /** After QUIT a client says nothing more (RFC 5321 §4.1.1.10) that is worth a wait; TLS ends with a word of its own. */
    private boolean parted() {
        return quit && !client.hasBuffered() && session.tls().isEmpty();
    }

    /** The greeting of the client, as far as it is known by now; what refuses for good leaves it QUIT to say. */
    private Reply enter() {
        leave();
        Reply reply = greeting();
        if (reply.isPermanent()) {
            conversation.standing.turnAway();
        } else if (!reply.isPositive()) {
            conversation.close();
        }
        return reply;
    }

    private Reply greeting() {
        Step.Connect connect = new Step.Connect(session);
        Optional<Reply> refused = conversation.pace(connect);
        if (refused.isPresent()) {
            return refused.get();
        }
        entered = Optional.of(connect);
        return initiation.greeting();
    }

    private void leave() {
        entered.ifPresent(relay.throttling()::ended);
        entered = Optional.empty();
    }

    /** Lets a session that is in no transaction go: the proxy shuts down. Any thread, again and again. */
    public void interrupt() {
        conversation.departure.ask();
    }

    /** Breaks off both conversations at once. Any thread. */
    public void abort() {
        conversation.abort();
    }

    private void converse() throws IOException {
        conversation.command("");
        if (!client.hasBufferedLine() || conversation.owesMuch()) {
            conversation.settle();
        }
        if (conversation.closing()) {
            return;
        }
        Optional<CommandLine> line = nextLine();
        if (!conversation.closing() && conversation.isDraining() && betweenTransactions()) {
            conversation.say(Replies.DRAINING);
        } else if (line.isPresent()) {
            command(line.get());
            if (Chunks.isUnclear(line.get())) {
                conversation.settle();
                conversation.close();
            }
        }
    }

    private Optional<CommandLine> nextLine() throws IOException {
        Duration patience = conversation.standing.patience(relay.timeouts().clientCommand());
        if (patience.isNegative() || patience.isZero()) {
            conversation.say(Standing.STAYED_TOO_LONG);
            return Optional.empty();
        }
        try {
            boolean drained = conversation.isDraining() && betweenTransactions();
            return drained
                    ? Optional.empty()
                    : Optional.of(
                            conversation.nextLine(patience, relay.endpoint().maxCommandOctets()));
        } catch (DeadlineExceededException e) {
            conversation.say(conversation.late());
            return Optional.empty();
        }
    }

    private boolean betweenTransactions() {
        return conversation.transaction().isEmpty();
    }

    private void command(CommandLine line) throws IOException {
        conversation.command(line.text());
        if (ForeignProtocol.isSpoken(line) && !resemblesMail(line.text())) {
            conversation.say(Replies.NOT_SMTP);
            return;
        }
        // a client whose login was refused may go on with its secret, which is not to be relayed as a command
        boolean known = Redaction.knownVerb(line.text()).isPresent();
        mayBeSecret = Redaction.isLogin(line.text()) || mayBeSecret && !known;
        String verb = line.verb();
        if (conversation.isLoginGone() && !verb.equals("QUIT")) {
            conversation.say(conversation.failures.reply(Failure.LOST));
            return;
        }
        if (!runsAhead(verb)) {
            conversation.settle();
            if (conversation.closing()) {
                return;
            }
        }
        Optional<Reply> refused = flaw(line)
                .or(() -> conversation.standing.refused(verb))
                .or(() -> startTls.refused(verb))
                .or(() -> authentication.refused(verb))
                .or(() -> conversation.pace(new Step.Command(session, verb)));
        if (refused.isPresent()) {
            refuse(line, refused.get());
            return;
        }
        switch (verb) {
            case "EHLO", "HELO" -> initiation.hello(trusted.as(new Hello(verb.equals("EHLO"), line.argument())));
            case "MAIL" -> envelope.mail(line.text());
            case "RCPT" -> envelope.rcpt(line.text());
            case "DATA" -> data.data(line);
            case "RSET" -> reset(line);
            case "QUIT" -> quit(line);
            case "STARTTLS" -> startTls.begin(line.argument());
            case "XCLIENT" -> trusted.xclient(line.argument(), this::enter);
            case "XFORWARD" -> trusted.xforward(line.argument());
            case "AUTH" -> authentication.auth(line.text(), line.argument());
            case "BDAT" -> chunks.bdat(line.argument(), Optional.empty());
            default -> other(verb, line.text());
        }
    }

    /** Whether it may be done before what came before it is answered; nothing else is done behind a 421. */
    private boolean runsAhead(String verb) {
        return switch (verb) {
            case "MAIL" -> conversation.transaction().isEmpty();
            case "RCPT", "DATA" -> true;
            default -> false;
        };
    }

    private void refuse(CommandLine line, Reply reply) throws IOException {
        if (line.flaw() != CommandLine.Flaw.NONE) {
            conversation.owe(reply);
            return;
        }
        switch (line.verb()) {
            case "BDAT" -> chunks.bdat(line.argument(), Optional.of(reply));
            case "EHLO", "HELO" -> {
                conversation.refuseHello(reply);
                conversation.say(reply);
            }
            case "MAIL" -> {
                conversation.owe(reply);
                conversation.standing.mailRefused();
            }
            case "RCPT" -> envelope.refuseRcpt(reply);
            default -> conversation.refuse(reply, r -> {});
        }
    }

    private Optional<Reply> flaw(CommandLine line) {
        return switch (line.flaw()) {
            case TOO_LONG -> Optional.of(line.verb().equals("AUTH") ? RelayedAuth.TOO_LONG : Replies.TOO_LONG);
            case NUL -> Optional.of(Replies.NUL);
            case BARE_LINE_END -> Optional.of(Replies.BARE_LINE);
            case NONE -> Optional.empty();
        };
    }

    private void reset(CommandLine line) {
        Reply here = line.argument().isEmpty() ? Replies.OK : Replies.SYNTAX;
        Reply reply = conversation
                .leg
                .open()
                .map(d -> conversation.failures.reply(d.ask(line.text())))
                .orElse(here);
        if (reply.isPositive()) {
            conversation.end(Result.ABORTED, Optional.empty());
        }
        conversation.owe(reply);
    }

    private void quit(CommandLine line) throws IOException {
        Reply reply = conversation
                .leg
                .open()
                .map(d -> d.quit(line.text()))
                .flatMap(Answer::reply)
                .orElse(Replies.BYE);
        if (reply.isRefusal() && reply.code() != 421 && !line.argument().isEmpty()) {
            conversation.owe(reply);
            return;
        }
        conversation.end(Result.ABORTED, Optional.empty());
        conversation.say(reply);
        conversation.close();
        quit = true;
    }

    private void other(String verb, String line) {
        if (ExtensionRules.isHiddenVerb(line)) {
            conversation.owe(Replies.NOT_IMPLEMENTED);
        } else if (mayBeSecret || resemblesMail(line)) {
            conversation.owe(Replies.UNKNOWN);
        } else {
            Reply here = verb.equals("NOOP") ? Replies.OK : Replies.NOT_IMPLEMENTED;
            conversation.owe(
                    conversation.home().isEmpty()
                            ? here
                            : conversation
                                    .destination()
                                    .map(d -> conversation.failures.reply(d.ask(line)))
                                    .orElse(here));
        }
    }

    /** A server that looks at four letters only, or past white space, would take it for the verb, past every filter. */
    private static boolean resemblesMail(String line) {
        String text = line.strip();
        return text.length() >= 4 && MAIL_VERBS.contains(text.substring(0, 4).toUpperCase(Locale.ROOT));
    }
}
