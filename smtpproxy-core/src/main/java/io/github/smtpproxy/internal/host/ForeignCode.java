package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.internal.transport.Network;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in which code of others is called: filters, throttles, routers, listeners, authenticators, and the bodies
 * that filters supply. The network is called first, as the code may block its thread. Whatever is thrown ends here and
 * in the log, errors and linkage errors too: otherwise a session would end without a reply, perhaps after delivery. What may
 * quote a secret in its exceptions, sources of tokens and authenticators, is guarded once more in {@code internal.sasl}, which
 * lets the class of an exception into the log and no more.
 */
public final class ForeignCode {

    private static final Logger log = LoggerFactory.getLogger(ForeignCode.class);
    private static final int MAX_CAUSES = 32;

    private final Network network;

    /** @param network keeps code that blocks its thread from blocking other sessions */
    public ForeignCode(Network network) {
        this.network = network;
    }

    /**
     * Calls it for a value.
     *
     * @param session the session's id, for the log
     * @param step what is being done: a name, or an object of a class with that name
     * @param whose the object that is called
     * @return the value; empty if it threw, or returned null
     */
    public <T> Optional<T> ask(String session, Object step, Object whose, Supplier<T> call) {
        boolean interrupted = Thread.currentThread().isInterrupted();
        try {
            network.mayHold();
            T value = call.get();
            if (value == null) {
                failed(session, step, whose, "returned null");
            }
            return Optional.ofNullable(value);
        } catch (Throwable e) {
            failed(session, step, whose, e);
            return Optional.empty();
        } finally {
            if (!interrupted) {
                clearInterrupt(session, step, whose);
            }
        }
    }

    /** Calls it; see {@link #ask}. */
    public void run(String session, Object step, Object whose, Runnable call) {
        ask(session, step, whose, () -> {
            call.run();
            return true;
        });
    }

    /** Logs that it broke a rule. */
    static void failed(String session, Object step, Object whose, String fault) {
        log.error("{}: {} failed at {}: it {}", session, name(whose), stepName(step), fault);
    }

    private static void failed(String session, Object step, Object whose, Throwable thrown) {
        try {
            log.error("{}: {} failed at {}", session, name(whose), stepName(step), thrown);
        } catch (Throwable noLog) {
            // no memory for a line in the log is no reason to end the session
        }
    }

    /**
     * An interrupt that is left behind would close the session's sockets at its next wait. One that was there before belongs
     * to the foreign code that calls this one, such as a filter that proceeds.
     */
    static void clearInterrupt(String session, Object step, Object whose) {
        if (Thread.interrupted()) {
            log.warn("{}: {} left an interrupt behind at {}; it is cleared", session, name(whose), stepName(step));
        }
    }

    private static String stepName(Object step) {
        return step instanceof String name ? name : name(step);
    }

    /** The first exception of this kind among what was thrown and its causes: foreign code may wrap ours. */
    static <T> Optional<T> cause(Throwable thrown, Class<T> kind) {
        Throwable cause = thrown;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            if (kind.isInstance(cause)) {
                return Optional.of(kind.cast(cause));
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    /** The simple name of its class; of a lambda or an anonymous class, the last part of its full name. */
    public static String name(Object whose) {
        String simple = whose.getClass().getSimpleName();
        String name = simple.isEmpty() ? whose.getClass().getName() : simple;
        int lambda = name.indexOf("$$Lambda");
        String cut = lambda < 0 ? name : name.substring(0, lambda + "$$Lambda".length());
        return cut.substring(cut.lastIndexOf('.') + 1);
    }
}
