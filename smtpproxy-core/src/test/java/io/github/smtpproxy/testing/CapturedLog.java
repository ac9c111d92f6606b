package io.github.smtpproxy.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What the proxies log, from INFO on, kept from the console until this is closed. */
public final class CapturedLog implements AutoCloseable {

    private final Logger all;
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    public CapturedLog() {
        this("io.github.smtpproxy");
    }

    /** What this class alone logs. */
    public CapturedLog(Class<?> by) {
        this(by.getName());
    }

    private CapturedLog(String logger) {
        all = (Logger) LoggerFactory.getLogger(logger);
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        all.addAppender(log);
        all.setAdditive(false);
        all.setLevel(Level.INFO);
    }

    /** The lines so far, without what was thrown. */
    public List<String> lines() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    /** Those of this level. */
    public List<String> lines(Level level) {
        return log.list.stream()
                .filter(e -> e.getLevel().equals(level))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /** The lines that come with a stack trace. */
    public List<String> traces() {
        return log.list.stream()
                .filter(e -> e.getThrowableProxy() != null)
                .map(e -> e.getFormattedMessage() + " " + e.getThrowableProxy().getClassName())
                .toList();
    }

    @Override
    public void close() {
        all.setLevel(null);
        all.setAdditive(true);
        all.detachAppender(log);
    }
}
