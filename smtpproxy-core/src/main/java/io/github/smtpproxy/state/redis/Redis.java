package io.github.smtpproxy.state.redis;

import io.github.smtpproxy.service.Printable;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Redis server that may be away. Sessions ask it and wait a short time; who finds it away gives its connection up, and
 * nobody asks again until the one thread here, which tries once a second, has connected anew. Thread-safe.
 */
final class Redis implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Redis.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration ENDING = Duration.ofSeconds(5);

    private final RedisAddress address;
    private final String prefix;
    private final Duration timeout;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(Redis::daemon);
    /** None where Redis is away. */
    private final AtomicReference<StatefulRedisConnection<String, String>> connection = new AtomicReference<>();

    private final AtomicBoolean away = new AtomicBoolean();
    private volatile Optional<Connector> connector = Optional.empty();
    private volatile Runnable whenConnected = () -> {};

    Redis(RedisAddress address, String prefix, Duration timeout) {
        this.address = address;
        this.prefix = prefix;
        this.timeout = timeout;
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "smtpproxy-redis");
        thread.setDaemon(true);
        return thread;
    }

    /** Begins to connect, and waits a little for it, so that the first sessions find it done. */
    void start() {
        Future<?> first = thread.submit(guarded(this::look));
        every(AGAIN, this::look);
        try {
            first.get(FIRST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException goesOnInTheBackground) {
            log.debug("{} is not there yet", address);
        }
    }

    /** Has this done again and again, and at once whenever there is a new connection. */
    void keepUp(Duration every, Runnable task) {
        whenConnected = task;
        every(every, task);
    }

    private void every(Duration every, Runnable task) {
        thread.scheduleWithFixedDelay(guarded(task), every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** A task that fails would not be run again. */
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                log.error("{}: {}", address, Printable.of(e.toString()), e);
            }
        };
    }

    /** The answer to a command, unless Redis is away or does not answer in time. */
    <T> Optional<T> ask(Function<RedisAsyncCommands<String, String>, CompletableFuture<T>> command) {
        StatefulRedisConnection<String, String> asked = connection.get();
        if (asked == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(command.apply(asked.async()).get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            lost(asked, "no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException | RuntimeException e) {
            lost(asked, reason(e));
        }
        return Optional.empty();
    }

    /** Looks after the connection: opens one where there is none. */
    private void look() {
        StatefulRedisConnection<String, String> now = connection.get();
        if (now == null) {
            connect();
        } else if (!now.isOpen()) {
            lost(now, "connection closed");
        }
    }

    private void connect() {
        try {
            if (connector.isEmpty()) {
                connector = Optional.of(new Connector(address, prefix, timeout));
            }
            connection.set(connector.get().connect());
        } catch (Exception | LinkageError e) {
            isAway(reason(e));
            return;
        }
        if (away.getAndSet(false)) {
            log.info("{} is back, proxies count together again", address);
        }
        whenConnected.run();
    }

    private static String reason(Throwable e) {
        return e.getCause() == null ? e.toString() : reason(e.getCause());
    }

    private void lost(StatefulRedisConnection<String, String> was, String why) {
        if (connection.compareAndSet(was, null)) {
            isAway(why);
            was.closeAsync();
        }
    }

    private void isAway(String why) {
        if (!thread.isShutdown() && !away.getAndSet(true)) {
            log.warn("{} is away, this proxy counts alone: {}", address, Printable.of(why));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(ENDING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.set(null);
        connector.ifPresent(Connector::close);
    }
}
