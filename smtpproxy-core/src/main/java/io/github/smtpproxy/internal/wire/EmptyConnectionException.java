package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The other side went without a word: it only looked whether somebody listens. */
public final class EmptyConnectionException extends IOException {

    private static final long serialVersionUID = 1;

    EmptyConnectionException() {
        super("the connection ended before anything was said");
    }
}
