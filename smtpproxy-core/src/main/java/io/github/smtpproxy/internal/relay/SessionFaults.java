package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.host.FaultHook;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
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
                : make(at(new FaultPoint(Stage.CONNECT, session, Optional.empty(), "CONNECT", "", Optional.empty())));
    }

    /** What goes wrong before a command, which was read and is not refused yet. */
    List<Fault> before(String verb, String argument, Optional<RelayTransaction> transaction) {
        if (hook.isNone()) {
            return List.of();
        }
        List<Fault> faults = at(new FaultPoint(
                Stage.COMMAND, session, transaction.map(Transaction.class::cast), verb, argument, Optional.empty()));
        boolean isHidden = hidden.contains(verb) || verb.equals("BDAT") && hidden.contains("CHUNKING");
        if (!isHidden) {
            return faults;
        }
        List<Fault> unknown = new ArrayList<>(faults);
        unknown.add(new Fault.Refuse(Replies.NOT_IMPLEMENTED));
        return unknown;
    }

    /** What goes wrong at this point. */
    List<Fault> at(FaultPoint point) {
        if (point.stage() == Stage.COMMAND
                && (point.verb().equals("EHLO") || point.verb().equals("HELO"))) {
            hidden.clear();
        }
        List<Fault> faults = hook.at(point);
        faults.forEach(fault -> log.info(
                "{}: fault at {} of {}: {}",
                point.transaction().map(Transaction::id).orElse(session.id()),
                point.stage(),
                LogText.escape(point.verb()),
                fault));
        return faults;
    }

    Session session() {
        return session;
    }

    /** What goes wrong in a message of which so many octets have arrived. */
    List<Fault> due(List<Fault.AfterOctets> due, Transaction transaction) {
        List<Fault> faults = hook.due(session.id(), due);
        faults.forEach(fault -> log.info("{}: fault in the message: {}", transaction.id(), fault));
        return faults;
    }

    /** Whether nothing ever goes wrong. */
    boolean isNone() {
        return hook.isNone();
    }

    /** Whether a line of the reply to EHLO is not to be offered. */
    public boolean hides(String line) {
        return hidden.contains(line.split("[ =]", 2)[0].toUpperCase(Locale.ROOT));
    }

    /**
     * Waits, hides, hangs up.
     *
     * @return the refusal, if one of the faults refuses
     * @throws IOException if one hung up
     */
    Optional<Reply> make(List<Fault> faults) throws IOException {
        for (Fault fault : faults) {
            Optional<Reply> refusal = make(fault);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    private Optional<Reply> make(Fault fault) throws IOException {
        if (fault instanceof Fault.HangUp hangUp) {
            throw hangUp(hangUp.how());
        }
        if (fault instanceof Fault.Hide hide) {
            hidden.add(hide.keyword());
            return Optional.empty();
        }
        return pauseOrRefuse(fault);
    }

    /** Makes a fault that needs no more than the session. */
    Optional<Reply> pauseOrRefuse(Fault fault) {
        if (fault instanceof Fault.Delay delay) {
            pause(delay.time());
        } else if (fault instanceof Fault.Refuse refuse) {
            return Optional.of(OwnReply.by(By.FAULT, "", refuse.reply()));
        } else {
            log.error("{}: a fault that is not allowed here is left out: {}", session.id(), fault);
        }
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
