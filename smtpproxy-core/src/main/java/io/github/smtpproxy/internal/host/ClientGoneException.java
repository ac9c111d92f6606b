package io.github.smtpproxy.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A filter opened a body that the client did not send to its end. This is no fault of the filter. */
public final class ClientGoneException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    public ClientGoneException(IOException cause) {
        super("the client left before the end of the message", cause);
    }
}
