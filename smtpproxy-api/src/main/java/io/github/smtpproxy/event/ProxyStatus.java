package io.github.smtpproxy.event;

import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.PoolStatus;
import java.net.InetSocketAddress;
import java.util.List;

/** How a proxy stands at the moment at which it is asked. Any thread. */
public interface ProxyStatus {

    /** Where it listens, in the order in which the endpoints were given. */
    List<InetSocketAddress> addresses();

    /** Whether it takes sessions. */
    boolean isRunning();

    /** How many sessions there are, at all endpoints together. */
    int activeSessions();

    /** The destinations that it knows, in no order. */
    List<DestinationStatus> destinations();

    /** The pools of connections, one for each server that has some or is waited for, in no order; none without multiplexing. */
    List<PoolStatus> pools();
}
