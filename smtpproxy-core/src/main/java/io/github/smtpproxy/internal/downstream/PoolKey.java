package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.route.Destination;
import java.util.Optional;

/**
 * All that a connection depends on: only who would have opened it in the same way may use it.
 *
 * @param destination the server, with TLS and login
 * @param hello the name in EHLO
 * @param client who is announced by XCLIENT; empty where nobody is
 */
record PoolKey(Destination destination, String hello, Optional<ClientAttributes> client) {

    /** What has a limit of connections. */
    String server() {
        return destination.toString();
    }
}
