package io.github.smtpproxy.internal.relay;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A filter opened a body that the client did not send to its end: the client's doing, and no fault of the filter. */
final class ClientGone extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    ClientGone(IOException cause) {
        super("the message did not arrive whole", cause);
    }
}
