package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;

/** What an endpoint cannot be while its clients take it for the destination: a proxy with such a one does not start. */
final class UnseenEndpoint {

    private UnseenEndpoint() {}

    /**
     * @param pooled whether connections are shared among sessions
     * @throws IllegalStateException if it is unseen, and something that clients notice
     */
    static void refuse(Endpoint where, boolean pooled) {
        if (where.unseen().isEmpty()) {
            return;
        }
        refuse(pooled, where, "multiplexing: each client speaks with the destination on a connection of its own");
        refuse(where.tls().isPresent(), where, "TLS of the endpoint: reoriginateTls ends the destination's");
        refuse(
                where.authenticator().isPresent(),
                where,
                "authenticate: it is the destination that the client logs in at");
    }

    private static void refuse(boolean fault, Endpoint where, String why) {
        if (fault) {
            throw new IllegalStateException("endpoint " + where.name() + " is unseen, which excludes " + why);
        }
    }
}
