package io.github.smtpproxy.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One lease of a connection, from when it was granted until it was given back. */
@Name("io.github.smtpproxy.Lease")
@Label("SMTP lease")
@Category({"SMTP proxy"})
@Description("A connection of a pool, lent to a transaction")
@StackTrace(false)
final class LeaseEvent extends Event {

    @Label("Session")
    String session;

    @Label("Destination")
    String destination;

    @Label("Result")
    String result;

    @Label("Waited")
    @Description("Until it was granted, or not")
    @Timespan(Timespan.NANOSECONDS)
    long waited;

    @Label("Opened")
    @Description("Whether a connection was opened for it")
    boolean opened;
}
