package io.github.smtpproxy.internal.message;

import java.io.IOException;

/** A wait for the client. */
public interface ClientWait<T> {

    T run() throws IOException;
}
