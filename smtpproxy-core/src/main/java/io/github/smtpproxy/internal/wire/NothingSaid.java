package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The other side went without a word: it only looked whether somebody listens. */
public final class NothingSaid extends IOException {

    private static final long serialVersionUID = 1;

    NothingSaid() {
        super("the connection ended before anything was said");
    }
}
