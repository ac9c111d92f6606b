package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.relay.Relay;
import io.github.smtpproxy.internal.relay.SessionLoop;
import io.github.smtpproxy.subetha.LiveHandlers;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.MessageHandler;

/** The transactions of an {@code SMTPServer} of the host: each runs as a session of its own, see {@link HostedSession}. */
public final class HostedHandlers implements LiveHandlers {

    /** Of all in the JVM, which may share a log. */
    private static final AtomicLong COUNT = new AtomicLong();

    private final Relay relay;
    private final Runnable atEnd;
    private final Set<SessionLoop> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param atEnd ends what the sessions share */
    public HostedHandlers(Relay relay, Runnable atEnd) {
        this.relay = relay;
        this.atEnd = atEnd;
    }

    @Override
    public MessageHandler create(MessageContext context) {
        return new HostedTransaction(this, context);
    }

    Relay relay() {
        return relay;
    }

    String nextId() {
        return "h" + COUNT.incrementAndGet();
    }

    boolean isClosed() {
        return closed;
    }

    /** Runs a session on a thread of its own. */
    void run(SessionLoop loop) {
        running.add(loop);
        try {
            relay.network().threads().execute(() -> serve(loop));
        } catch (RejectedExecutionException e) {
            running.remove(loop);
            throw e;
        }
    }

    private void serve(SessionLoop loop) {
        try {
            if (closed) {
                loop.abort();
            }
            loop.run();
        } finally {
            running.remove(loop);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            relay.offers().close();
            running.forEach(SessionLoop::abort);
            atEnd.run();
        }
    }
}
