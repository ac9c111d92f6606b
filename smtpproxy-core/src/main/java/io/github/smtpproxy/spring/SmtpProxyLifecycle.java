package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.springframework.context.SmartLifecycle;

/**
 * A proxy that lives as long as its Spring context: it starts when all beans are there, and drains when the context is
 * closed, as on SIGTERM. This is the one bean that plain Spring needs; Spring Boot makes it from properties.
 *
 * <p>The context is closed in this order: the web server takes no further requests and ends those it has, whose mail still
 * goes through the proxy; the proxy drains; the web server stops. All methods may be called from any thread.
 */
@SuppressWarnings("exports") // who uses it has Spring
public final class SmtpProxyLifecycle implements SmartLifecycle {

    /** Below the phase of Boot's graceful shutdown of the web server, above the one in which the web server stops. */
    static final int PHASE = DEFAULT_PHASE - 1_536;

    static final Duration DRAIN = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofDays(1);

    private final SmtpProxyBuilder builder;
    private final Duration drain;
    private Optional<SmtpProxy> running = Optional.empty();

    private SmtpProxyLifecycle(SmtpProxyBuilder builder, Duration drain) {
        this.builder = builder;
        this.drain = drain;
    }

    /**
     * Starts what this builder makes, anew whenever the context is started again; transactions have 30 seconds to end.
     *
     * @param builder left alone from now on
     */
    public static SmtpProxyLifecycle of(SmtpProxyBuilder builder) {
        return new SmtpProxyLifecycle(Objects.requireNonNull(builder, "builder"), DRAIN);
    }

    /**
     * This with another time for running transactions to end. It holds whatever
     * {@code spring.lifecycle.timeout-per-shutdown-phase} says.
     *
     * @param limit 0 to 1 day
     */
    public SmtpProxyLifecycle drain(Duration limit) {
        Objects.requireNonNull(limit, "drain");
        if (limit.isNegative() || limit.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("drain must be between 0 and 1 day, was " + limit);
        }
        return new SmtpProxyLifecycle(builder, limit);
    }

    /**
     * The proxy.
     *
     * @throws IllegalStateException before it is started and after it was stopped
     */
    public synchronized SmtpProxy proxy() {
        return running.orElseThrow(() -> new IllegalStateException("the proxy is not running: its context starts it"));
    }

    /**
     * Starts the proxy, unless it runs. It serves when this returns.
     *
     * @throws IllegalStateException where {@link SmtpProxyBuilder#start} does
     */
    @Override
    public synchronized void start() {
        if (running.isPresent()) {
            return;
        }
        try {
            running = Optional.of(builder.start());
        } catch (IllegalStateException e) {
            throw new StartException(e);
        }
    }

    /** Drains the proxy, if it runs: returns when its transactions have ended, or the time is over. */
    @Override
    public void stop() {
        // not under the lock: health is asked while it drains
        present().ifPresent(proxy -> proxy.drain(drain));
        forget();
    }

    /** Whether it takes sessions. */
    @Override
    public boolean isRunning() {
        return present().filter(SmtpProxy::isRunning).isPresent();
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    /** False: a proxy keeps its port while a test's context waits for its next test. */
    @Override
    public boolean isPauseable() {
        return false;
    }

    private synchronized Optional<SmtpProxy> present() {
        return running;
    }

    private synchronized void forget() {
        running = Optional.empty();
    }
}
