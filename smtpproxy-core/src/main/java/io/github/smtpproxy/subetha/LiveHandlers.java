package io.github.smtpproxy.subetha;

import org.subethamail.smtp.MessageHandlerFactory;

/**
 * Makes SubEtha's handlers, each of which relays its transaction live: {@code from}, {@code recipient} and {@code data} go to
 * the destination at once, and its refusal is the {@code RejectException}. {@code data} returns once the destination has
 * accepted the message, with its words. Each transaction is a session of the proxy's own. Any thread.
 */
@SuppressWarnings("exports") // who runs an SMTPServer requires SubEtha's module anyway
public interface LiveHandlers extends MessageHandlerFactory, AutoCloseable {

    /** Breaks off what still runs, and refuses what comes with 421. Stop the {@code SMTPServer} first. */
    @Override
    void close();
}
