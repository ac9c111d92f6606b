package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.transport.Network;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in which code of others is called: announced to the network, since it may hold the thread; and whatever it
 * throws, errors too, ends here and in the log, or a session would end without a word, perhaps after the message was
 * delivered.
 *
 * @param network keeps code that takes its time from holding up other sessions
 */
record ForeignCode(Network network) {

    private static final Logger log = LoggerFactory.getLogger(ForeignCode.class);
    private static final int MAX_CAUSES = 32;

    /**
     * Asks it.
     *
     * @param session names the session in the log
     * @param step what is being done: a name, or what is named by its class
     * @param whose the object that is called
     * @return what it gave; empty if it threw, or gave null
     */
    <T> Optional<T> ask(String session, Object step, Object whose, Supplier<T> call) {
        try {
            network.mayHold();
            T given = call.get();
            if (given == null) {
                failed(session, step, whose, "returned null");
            }
            return Optional.ofNullable(given);
        } catch (Throwable e) {
            failed(session, step, whose, e);
            return Optional.empty();
        } finally {
            takeBackInterrupt(session, step, whose);
        }
    }

    /** Tells it something; see {@link #ask}. */
    void tell(String session, Object step, Object whose, Runnable call) {
        ask(session, step, whose, () -> {
            call.run();
            return true;
        });
    }

    /** One line: it did what it may not. */
    static void failed(String session, Object step, Object whose, String fault) {
        log.error("{}: {} failed at {}: it {}", session, name(whose), named(step), fault);
    }

    private static void failed(String session, Object step, Object whose, Throwable thrown) {
        try {
            log.error("{}: {} failed at {}", session, name(whose), named(step), thrown);
        } catch (Throwable nowhereToSayIt) {
            // no memory for a line in the log is no reason to end the session
        }
    }

    /** A session's thread is stopped by closing its sockets; an interrupt that is left behind would do so by accident. */
    private static void takeBackInterrupt(String session, Object step, Object whose) {
        if (Thread.interrupted()) {
            log.warn("{}: {} left an interrupt behind at {}; it is taken back", session, name(whose), named(step));
        }
    }

    private static String named(Object step) {
        return step instanceof String name ? name : name(step);
    }

    /** What is of this kind in the causes of what it threw: it may have put one of ours into one of its own. */
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

    /** The simple name of its class, also where that has none. */
    static String name(Object whose) {
        String simple = whose.getClass().getSimpleName();
        String name = simple.isEmpty() ? whose.getClass().getName() : simple;
        int lambda = name.indexOf("$$Lambda");
        String cut = lambda < 0 ? name : name.substring(0, lambda + "$$Lambda".length());
        return cut.substring(cut.lastIndexOf('.') + 1);
    }
}
