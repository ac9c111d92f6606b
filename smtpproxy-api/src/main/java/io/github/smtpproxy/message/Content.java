package io.github.smtpproxy.message;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Objects;

/**
 * The body of a message: what follows the empty line, without dot-stuffing, lines ended by CRLF (or as the client sent
 * them, where {@code BareNewlines.PASS} or BINARYMIME lets it).
 *
 * <p>That of a message on its way is kept once it is opened, or once the message is passed on with another in its place;
 * until the message is over it can then be opened again. One that was passed on or refused without having been kept is
 * gone.
 */
public interface Content {

    /**
     * Reads the body from its beginning; may be called again, by any thread and by several at once, which all read the
     * whole. The first call waits until the whole message has arrived.
     *
     * <p>The stream ends where the body ends, and nowhere else: one that is still read when the message is over throws an
     * {@link java.io.IOException}. It is used by one thread at a time.
     *
     * @throws IllegalStateException if the body is gone
     * @throws RuntimeException if the message cannot be had; let it pass, the proxy answers the client
     */
    InputStream open();

    /** A body of these bytes. */
    static Content of(byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes");
        byte[] copy = bytes.clone();
        return () -> new ByteArrayInputStream(copy);
    }
}
