package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.route.Destination;
import java.util.Optional;

/** Who may open connections that serve no transaction, at servers that take a number of connections only. Any thread. */
@FunctionalInterface
public interface Permits {

    Permits UNLIMITED = (server, mayEvict) -> Optional.of(() -> {});

    /**
     * Asks for one connection.
     *
     * @param mayEvict whether one that nobody uses may be closed for it, which may take a moment
     * @return empty where the server has as many as it may have
     */
    Optional<Permit> permit(Destination server, boolean mayEvict);

    /** Is closed once the connection is. */
    @FunctionalInterface
    interface Permit extends AutoCloseable {
        @Override
        void close();
    }
}
