package io.github.smtpproxy.route;

import java.util.List;

/** Where a route leads: one server, or a group of servers of which one gets the mail. Immutable. */
public sealed interface Target permits Destination, DestinationGroup {

    /** The servers, in the order in which they are tried; at least one. */
    List<Destination> destinations();
}
