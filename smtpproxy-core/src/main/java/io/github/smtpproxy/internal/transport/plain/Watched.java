package io.github.smtpproxy.internal.transport.plain;

import io.github.smtpproxy.internal.wire.Deadline;

/** A socket whose deadline a {@link Watchdog} keeps. */
interface Watched {
    Deadline deadline();
}
