package io.github.smtpproxy.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One call of a filter. */
@Name("io.github.smtpproxy.Filter")
@Label("SMTP filter")
@Category({"SMTP proxy"})
@Description("One call of a filter, with what comes after it")
@StackTrace(false)
final class FilterEvent extends Event {

    @Label("Session or transaction")
    String session;

    @Label("Filter")
    String filter;

    @Label("Step")
    String step;

    @Label("Own time")
    @Description("Without what comes after the filter")
    @Timespan(Timespan.NANOSECONDS)
    long own;
}
