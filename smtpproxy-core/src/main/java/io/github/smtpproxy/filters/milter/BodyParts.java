package io.github.smtpproxy.filters.milter;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** A body in parts. What fails here is the message, not the milter. */
record BodyParts(InputStream in, int most) implements AutoCloseable {
    byte[] next() {
        try {
            return in.readNBytes(most);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
