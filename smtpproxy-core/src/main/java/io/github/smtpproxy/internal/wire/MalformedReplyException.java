package io.github.smtpproxy.internal.wire;

import java.io.IOException;

/** The destination sent something that is not an SMTP reply, or a reply that does not end. */
public final class MalformedReplyException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param message for the log; without octets of the reply, which may quote a secret */
    public MalformedReplyException(String message) {
        super(message);
    }
}
