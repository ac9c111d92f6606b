package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Envelope;
import io.github.smtpproxy.route.Target;
import java.time.Duration;
import java.util.Optional;

/**
 * How one session reaches destinations: on a connection of its own, or on one that is leased for each transaction. Used by the
 * session's thread; {@link #close} and {@link #abort} by any.
 */
public interface SessionDownstream {

    /** The client of the session, as it is by now. */
    interface Client {
        AnnouncedClient announced();

        /** How it introduced itself, perhaps to a server before us; empty if it has not. */
        Optional<Hello> hello();

        /** Whether it introduced itself here with EHLO, whatever it sent to a server before us. */
        boolean isExtended();
    }

    /** Observes each connection that is opened, and each that a pool lends. */
    interface Listener {
        void connectStarted(Destination destination);

        /** @param greeting what the destination greeted with, or why it did not */
        void connectEnded(Destination destination, Answer greeting);

        /** A pool lent one, or did not. */
        void leased(io.github.smtpproxy.event.Lease lease);

        /** The pool has it again. */
        void returned(io.github.smtpproxy.event.Lease lease, Duration used);
    }

    /** The session, for logs and the transcript. */
    Wire.Log name();

    /** The destination of the last connection, whether it was reached or not. */
    Optional<Destination> destination();

    /** The connection, if there is one that is not lost. */
    Optional<Downstream> open();

    /** The session is over, as far as its own thread is concerned. */
    default void ended() {}

    /** The connection that was opened last, which may be lost. */
    Downstream get();

    /** Lends the connection that was opened last to a transaction. */
    Lease lease();

    /** Whether connections are leased: then a session has none between transactions. */
    boolean isPooled();

    /**
     * Opens a connection, up to the destination's greeting. Servers of a group are tried until one greets with 2xx or 5xx;
     * {@link #destination} is that one, or the last.
     */
    Answer connect(Target to, Envelope envelope);

    /**
     * Makes sure that there is a connection to this destination, or to one of this group, on which this client, and no
     * other, is introduced.
     *
     * @return why there is none; empty if there is one
     */
    Optional<Failure> ensure(Target to, Envelope envelope);

    /** Whether mail may be sent. Before the client's EHLO, it would go out in plaintext or in the proxy's name. */
    boolean isReady();

    /** Why there is no connection, where one could not be opened. */
    Failure whyNotOpen();

    /**
     * Introduces the client by EHLO or HELO, and does what else the destination's settings require. Where opportunistic
     * TLS fails, all of it is done on a new connection without TLS; where it comes to nothing for the time being, on a
     * connection to another server of the group.
     */
    Answer introduce(Hello hello);

    /**
     * The destination, if another client than the present one was announced to it, such as one that had not logged in
     * here. The client has to be announced on a new connection: on this one, Postfix would take the XCLIENT for the client's.
     */
    Optional<Destination> outdated();

    /** The client has logged in at the destination. */
    void clientLoggedIn();

    /** Whether the client's login at the destination is gone with its connection. */
    boolean isClientLoginLost();

    /** The client begins anew, or another does: it has not introduced itself, and has not logged in. */
    void forgetClient();

    /** Closes a connection on which a client is introduced: there are servers that accept one EHLO only. */
    void closeIfIntroduced();

    /**
     * Closes a connection that is the session's own until one is needed again.
     *
     * @return whether there is none now: one with pending replies, or with the client's login, stays
     */
    boolean rest();

    /** Whether it could be closed so: the client has not logged in through it. */
    boolean mayRest();

    /** QUIT as the client wrote it; empty where there is no connection that is the session's own. */
    Optional<Reply> quit(String line);

    /** Closes the connection, if there is one. Any thread. */
    void close();

    /** Closes the connection, also one that is being opened; no other will be. Any thread. */
    void abort();
}
