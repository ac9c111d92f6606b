package io.github.smtpproxy.message;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * The body of a message: what follows the empty line, without dot-stuffing, lines ended by CRLF (or as the client sent
 * them, where {@code BareNewlines.PASS} or BINARYMIME lets it).
 *
 * <p>That of a message on its way is kept once it is opened, or once the message is passed on with another in its place;
 * until the message is over it can then be opened again. One that was passed on or refused without having been kept whole
 * is gone.
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

    /**
     * Waits until the whole body has arrived and is kept, or until more octets of it have arrived than these, or than may
     * be kept at all. In the second case it is not opened: it goes on as it comes, behind what arrived of it, however large
     * it is, unless somebody opens it after all. On the session's own thread.
     *
     * <p>Octets are counted as {@link #open} gives them. It may be called again, with more octets.
     *
     * @param octets 0 and up
     * @return whether the body is kept, and has these octets at most
     * @throws IllegalStateException if the body is gone
     * @throws RuntimeException if the message cannot be had; let it pass, the proxy answers the client
     */
    default boolean keepUpTo(long octets) {
        try (InputStream in = open()) {
            in.skipNBytes(octets);
            return in.read() < 0;
        } catch (EOFException shorter) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A body of these bytes. */
    static Content of(byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes");
        byte[] copy = bytes.clone();
        return () -> new ByteArrayInputStream(copy);
    }
}
