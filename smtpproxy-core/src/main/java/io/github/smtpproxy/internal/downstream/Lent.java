package io.github.smtpproxy.internal.downstream;

import java.time.Duration;
import java.util.Optional;

/**
 * What a transaction got from a pool.
 *
 * @param failure why it got no connection
 * @param isFinal whether another server would not do better
 * @param opening how long a connection was opened for it
 */
record Lent(
        Optional<PooledConnection> connection, Optional<Failure> failure, boolean isFinal, Optional<Duration> opening) {

    static Lent of(PooledConnection connection) {
        return new Lent(Optional.of(connection), Optional.empty(), true, Optional.empty());
    }

    static Lent failed(Failure why, boolean isFinal) {
        return new Lent(Optional.empty(), Optional.of(why), isFinal, Optional.empty());
    }

    Lent opening(Duration time) {
        return new Lent(connection, failure, isFinal, Optional.of(time));
    }
}
