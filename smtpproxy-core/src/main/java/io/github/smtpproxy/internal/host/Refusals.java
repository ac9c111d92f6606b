package io.github.smtpproxy.internal.host;

import static io.github.smtpproxy.internal.wire.TrafficLog.TRAFFIC;

import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Optional;

/** The refusals that one client receives: each is one event for the listeners and one line in the log. */
public final class Refusals {

    /** The verb of a line that is no command, or of a reply that is to none. */
    public static final String NO_VERB = "-";

    /** Lines in the log about one session: a client must not fill the disk. */
    private static final int MAX_LINES = 1_000;

    private final Session session;
    private final Listeners listeners;
    private int lines;

    public Refusals(Session session, Listeners listeners) {
        this.session = session;
        this.listeners = listeners;
    }

    /** The client is about to receive a refusal. */
    public void refused(Refusal refusal) {
        if (TRAFFIC.isInfoEnabled() && lines <= MAX_LINES) {
            write(refusal);
        }
        listeners.notify(session, "refused", l -> l.refused(session, refusal));
    }

    /**
     * A refusal, with who refused.
     *
     * @param verb what is refused
     * @param destination the destination of the session at this time
     */
    public static Refusal of(String verb, Reply reply, Optional<Destination> destination) {
        String name = destination.map(Destination::toString).orElse("");
        if (reply instanceof OwnReply own) {
            return Refusal.of(own.by(), own.destinationFailed() ? name : own.name(), verb, own);
        }
        By by = by(reply);
        return Refusal.of(by, by == By.DESTINATION ? name : "", verb, reply);
    }

    /** Who refused with this. */
    public static By by(Reply reply) {
        if (reply instanceof OwnReply own) {
            return own.by();
        }
        return reply instanceof ServerReply ? By.DESTINATION : By.PROXY;
    }

    private void write(Refusal refusal) {
        lines++;
        if (lines > MAX_LINES) {
            TRAFFIC.info("{}: further refusals are left out", session.id());
            return;
        }
        TRAFFIC.info(
                "{} client={} verb={} refused-by={} reply=\"{}\"",
                refusal.transaction().map(Transaction::id).orElse(session.id()),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                refusal.verb(),
                refusal.name().isEmpty() ? refusal.by() : refusal.by() + ":" + refusal.name(),
                LogText.inQuotes(shown(refusal)));
    }

    /** A server may repeat what it did not understand, which may have been a secret. */
    private static String shown(Refusal refusal) {
        Reply reply = refusal.reply();
        boolean secret = refusal.verb().equals("AUTH") || refusal.verb().equals(NO_VERB);
        if (!secret || !(reply instanceof ServerReply)) {
            return reply.toString();
        }
        return reply.code()
                + reply.status().map(EnhancedStatus::toString).map(s -> " " + s).orElse("");
    }
}
