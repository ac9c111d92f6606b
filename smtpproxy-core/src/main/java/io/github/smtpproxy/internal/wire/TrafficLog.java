package io.github.smtpproxy.internal.wire;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The logger of what clients did and what became of it, whose name stays as it is. */
public final class TrafficLog {

    /** Each line is a row of {@code name=value}; a value that may hold spaces is in quotes. */
    public static final Logger TRAFFIC = LoggerFactory.getLogger("io.github.smtpproxy.traffic");

    private TrafficLog() {}
}
