package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What goes wrong on purpose in one session, before commands and replies. Confined to the session's thread. */
public final class SessionFaults {

    private static final Logger log = LoggerFactory.getLogger(SessionFaults.class);

    private final FaultHook hook;
    private final Session session;
    private final Pacing pacing;
    private final Set<String> hidden = new HashSet<>();

    SessionFaults(FaultHook hook, Session session, Pacing pacing) {
        this.hook = hook;
        this.session = session;
        this.pacing = pacing;
    }

    /**
     * What goes wrong when a client has connected.
     *
     * @return the refusal, if one of the faults refuses
     * @throws IOException if one hung up
     */
    Optional<Reply> connect() throws IOException {
        return hook.isNone()
                ? Optional.empty()
                : connected(new FaultPoint(Stage.CONNECT, session, Optional.empty(), "CONNECT", "", Optional.empty()));
    }

    private Optional<Reply> connected(FaultPoint point) throws IOException {
        return make(hook.at(point), point);
    }

    /**
     * What goes wrong before a command that nothing else refuses.
     *
     * @return the refusal, if one of the faults refuses
     * @throws IOException if one hung up
     */
    Optional<Reply> before(Spoken command, Optional<RelayTransaction> transaction) throws IOException {
        if (hook.isNone()) {
            return Optional.empty();
        }
        String verb = command.verb();
        if (isHello(verb)) {
            hidden.clear();
        }
        FaultPoint point = new FaultPoint(
                Stage.COMMAND,
                session,
                transaction.map(Transaction.class::cast),
                verb,
                command.argument(),
                Optional.empty());
        boolean isHidden = hidden.contains(verb) || verb.equals("BDAT") && hidden.contains("CHUNKING");
        Optional<Reply> unknown = isHidden ? Optional.of(Replies.NOT_IMPLEMENTED) : Optional.empty();
        Optional<Reply> refusal = make(hook.at(point), point);
        return refusal.or(() -> unknown);
    }

    private static boolean isHello(String verb) {
        return verb.equals("EHLO") || verb.equals("HELO");
    }

    /** What goes wrong at this point. */
    List<Fault> at(FaultPoint point) {
        return hook.at(point);
    }

    Session session() {
        return session;
    }

    /** What goes wrong in a message of which so many octets have arrived. */
    List<Fault> due(List<Fault.AfterOctets> due) {
        return hook.due(session.id(), due);
    }

    /** Logs a fault that is about to be made. */
    void made(Optional<Transaction> transaction, Fault fault) {
        log.info("{}: fault: {}", transaction.map(Transaction::id).orElse(session.id()), fault);
    }

    void notAllowed(Fault fault) {
        log.error("{}: a fault that is not allowed here is left out: {}", session.id(), fault);
    }

    /** Whether nothing ever goes wrong. */
    boolean isNone() {
        return hook.isNone();
    }

    /** Whether a line of the reply to EHLO is not to be offered. */
    public boolean hides(String line) {
        return !hidden.isEmpty() && hidden.contains(line.split("[ =]", 2)[0].toUpperCase(Locale.ROOT));
    }

    /** Waits, hides, hangs up; gives the refusal of the first that refuses. */
    private Optional<Reply> make(List<Fault> faults, FaultPoint point) throws IOException {
        for (Fault fault : faults) {
            if (fault instanceof Fault.HangUp hangUp) {
                made(point.transaction(), fault);
                throw hangUp(hangUp.how());
            }
            Optional<Reply> refusal = Optional.empty();
            if (fault instanceof Fault.Hide hide && point.verb().equals("EHLO")) {
                made(point.transaction(), fault);
                hidden.add(hide.keyword());
            } else {
                refusal = pauseOrRefuse(fault, point.transaction());
            }
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    /** Makes a fault that needs no more than the session. What goes on behind a delay that a drain ended would hold the drain. */
    Optional<Reply> pauseOrRefuse(Fault fault, Optional<Transaction> transaction) {
        if (fault instanceof Fault.Delay delay) {
            made(transaction, fault);
            pause(delay.time());
            return pacing.isEnded() ? Optional.of(Replies.DRAINING) : Optional.empty();
        }
        if (fault instanceof Fault.Refuse refuse) {
            made(transaction, fault);
            return Optional.of(OwnReply.by(By.FAULT, "", refuse.reply()));
        }
        notAllowed(fault);
        return Optional.empty();
    }

    void pause(Duration time) {
        pacing.pause(time);
    }

    /** Closes both connections. */
    IOException hangUp(Session.HangUp how) {
        session.hangUp(how);
        return new SocketException("a fault hung up");
    }
}
