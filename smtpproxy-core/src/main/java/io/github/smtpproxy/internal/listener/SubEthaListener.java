package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.command.Commands;
import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.relay.SessionLoop;
import io.github.smtpproxy.internal.relay.TurnedAway;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Network;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.smtp.server.Session;
import org.subethamail.smtp.server.SessionHandler;

/**
 * The port, on SubEtha SMTP. SubEtha binds it, accepts, and runs each connection on a thread of ours; there its session
 * handler hands the connection over to a {@link SessionLoop} before a banner is sent, and gets it back when it
 * is over. SubEtha's transactions are begun and ended along with ours.
 */
final class SubEthaListener {

    private static final Logger log = LoggerFactory.getLogger(SubEthaListener.class);

    /** SubEtha stops accepting silently some connections above its own limit, so that limit is kept out of reach. */
    private static final int HEADROOM = 1_000;

    private static final Commands COMMANDS = new Commands();

    /** Of all proxies in the JVM, which may share a log. */
    private static final AtomicLong SESSION_COUNT = new AtomicLong();

    private final Relay relay;
    private final SMTPServer server;
    private final Optional<InetAddress> host;
    private final ListeningSocket port;
    private final Crowd crowd;
    private final Map<SessionLoop, Thread> sessions = new ConcurrentHashMap<>();
    private final Room room;
    private final Map<MessageContext, SubEthaTransactions> transactions = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    SubEthaListener(Relay relay) {
        this.relay = relay;
        Endpoint endpoint = relay.endpoint();
        this.host = endpoint.host().map(SubEthaListener::address);
        this.crowd = new Crowd(endpoint.maxConnections());
        this.room = new Room(sessions.keySet(), relay.pressure(), endpoint.maxConnections());
        this.port = port(relay.network(), host);
        this.server = SMTPServer.port(endpoint.port())
                .bindAddress(host)
                .hostName(endpoint.hostname())
                .backlog(1_024)
                .maxConnections(endpoint.maxConnections() + HEADROOM)
                .connectionTimeoutMs(0)
                .serverSocketFactory(() -> port)
                .executorService(new SessionExecutor(relay.network().threads(), port))
                .sessionHandler(new Takeover())
                .messageHandlerFactory(context -> transactions.get(context).handler())
                .build();
    }

    /** Binds the port and accepts. */
    void start() {
        try {
            server.start();
        } catch (Error e) {
            closePort();
            throw e;
        } catch (RuntimeException e) {
            closePort();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalStateException(
                    "cannot listen on " + relay.endpoint().host().orElse("*") + ":"
                            + relay.endpoint().port() + ": " + cause.getMessage(),
                    e);
        }
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return new InetSocketAddress(host.orElse(port.getInetAddress()), server.getPortAllocated());
    }

    /** How many sessions run. */
    int activeSessions() {
        return sessions.size();
    }

    /** Gives up the port. */
    void stopAccepting() {
        try {
            port.drain();
        } catch (IOException e) {
            log.warn("cannot give up the port: {}", e.toString());
        }
    }

    /** Ends sessions that are in no transaction; called again and again. */
    void interruptSessions() {
        sessions.keySet().forEach(SessionLoop::interrupt);
    }

    /** Whether sessions run on other threads than this one. */
    boolean othersRun() {
        return sessions.values().stream().anyMatch(t -> t != Thread.currentThread());
    }

    /** Breaks off all sessions, and those that are about to begin. Never waits for one. */
    void abortSessions() {
        stopping = true;
        relay.offers().close();
        sessions.keySet().forEach(SessionLoop::abort);
    }

    /** Breaks off all sessions and ends SubEtha's server. Never waits for a session. */
    void stop() {
        abortSessions();
        // SubEtha waits for its accept thread, which can be the caller's caller: not on the caller's time
        Thread stopper = new Thread(server::stop, "smtpproxy-stop");
        stopper.setDaemon(true);
        stopper.start();
        try {
            stopper.join(2_000);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /** IPv4's address for all is none of IPv6, which Java would serve there too. */
    private static ListeningSocket port(Network network, Optional<InetAddress> host) {
        try {
            ListeningSocket port = network.listen();
            if (host.filter(h -> h instanceof Inet4Address && h.isAnyLocalAddress())
                    .isPresent()) {
                port.ipv4Only();
            }
            return port;
        } catch (IOException e) {
            throw new IllegalStateException("cannot make a server socket: " + e.getMessage(), e);
        }
    }

    private void closePort() {
        try {
            port.close();
        } catch (IOException closedAnyway) {
            log.debug("port not closed: {}", closedAnyway.toString());
        }
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("host of the endpoint is not known: \"" + host + "\"", e);
        }
    }

    private final class Takeover implements SessionHandler {

        @Override
        public SessionAcceptance accept(Session session) {
            // a session that ran out of memory may run again
            if (!TakenSocket.isOf(session)) {
                try (Socket socket = TakenSocket.of(session)) {
                    // the watchdog keeps the deadlines; a timed read costs a timer
                    socket.setSoTimeout(0);
                    converse(session, socket);
                } catch (IOException e) {
                    log.debug("client gone before its session began: {}", e.toString());
                }
            }
            TakenSocket.reopen(session);
            return SessionAcceptance.failure(421, "closed");
        }

        @Override
        public void onSessionEnd(Session session) {
            // not called: no session is accepted by SubEtha itself
        }

        private void converse(Session session, Socket socket) throws IOException {
            String id = "s" + SESSION_COUNT.incrementAndGet();
            if (!room.isForOneMore()) {
                crowd.refused();
                new TurnedAway(relay, socket, id).close();
                return;
            }
            SubEthaTransactions begun = new SubEthaTransactions(session);
            SessionLoop loop = new SessionLoop(relay, COMMANDS, begun, socket, id);
            transactions.put(session, begun);
            sessions.put(loop, Thread.currentThread());
            room.changed();
            try {
                if (stopping) {
                    loop.abort();
                }
                loop.run();
            } finally {
                sessions.remove(loop);
                room.left(loop.place());
                transactions.remove(session);
            }
        }
    }
}
