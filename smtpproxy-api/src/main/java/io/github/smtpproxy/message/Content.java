package io.github.smtpproxy.message;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** The body of a message: what follows the empty line, without dot-stuffing, lines ended by CRLF. */
public interface Content {

    /**
     * Reads the body from its beginning; may be called again. The first call waits until the whole message has arrived.
     *
     * @throws RuntimeException if the message cannot be had; let it pass, the proxy answers the client
     */
    InputStream open();

    /** A body of these bytes. */
    static Content of(byte[] bytes) {
        byte[] copy = bytes.clone();
        return () -> new ByteArrayInputStream(copy);
    }
}
