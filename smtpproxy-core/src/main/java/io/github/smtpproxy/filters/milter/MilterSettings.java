package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.config.OwnName;
import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.ServiceAddress;
import java.time.Duration;

/**
 * How a milter is asked.
 *
 * @param connect how long connecting and agreeing may take
 * @param command how long it may take to decide about a command
 * @param content how long about a field, a part of the body, or the whole message
 * @param hostname our own name, macro {@code j}
 */
record MilterSettings(
        Failover<ServiceAddress> servers, Duration connect, Duration command, Duration content, String hostname) {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    MilterSettings {
        TimeLimit.check("connectWithin", connect, LONGEST);
        TimeLimit.check("commandWithin", command, LONGEST);
        TimeLimit.check("contentWithin", content, LONGEST);
        OwnName.check(hostname);
    }

    static MilterSettings of(Failover<ServiceAddress> servers) {
        Duration half = Duration.ofSeconds(30);
        return new MilterSettings(servers, half, half, Duration.ofSeconds(300), OwnName.ofMachine());
    }

    MilterSettings connect(Duration value) {
        return new MilterSettings(servers, value, command, content, hostname);
    }

    MilterSettings command(Duration value) {
        return new MilterSettings(servers, connect, value, content, hostname);
    }

    MilterSettings content(Duration value) {
        return new MilterSettings(servers, connect, command, value, hostname);
    }

    MilterSettings hostname(String value) {
        return new MilterSettings(servers, connect, command, content, value);
    }

    /** How long it may take to decide about a stage. */
    Duration limit(Stage stage) {
        return stage.isOfContent() ? content : command;
    }
}
