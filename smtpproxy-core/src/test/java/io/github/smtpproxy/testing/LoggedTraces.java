package io.github.smtpproxy.testing;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The stack traces that a test provokes: kept from the console, and taken by the test, which says so of what it expects.
 * One that no test takes fails it, see {@link NothingLeft}.
 */
public final class LoggedTraces extends AppenderBase<ILoggingEvent> {

    private static final Queue<String> TRACES = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getThrowableProxy() != null) {
            TRACES.add(event.getFormattedMessage() + ": "
                    + event.getThrowableProxy().getClassName());
        }
    }

    /** Those since the last call: what was logged, and the class of what was thrown. */
    public static List<String> taken() {
        List<String> taken = new ArrayList<>();
        for (String trace = TRACES.poll(); trace != null; trace = TRACES.poll()) {
            taken.add(trace);
        }
        return taken;
    }
}
