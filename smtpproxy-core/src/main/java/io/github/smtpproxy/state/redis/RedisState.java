package io.github.smtpproxy.state.redis;

import io.github.smtpproxy.config.OptionalLibrary;
import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * State that several proxies share through a Redis server: {@link #limits()} hold one rate and one number of holders
 * together, {@link #store()} remembers for all. Needs {@code io.lettuce:lettuce-core}, and Redis 5 or later, or Valkey.
 *
 * <p>Sessions never fail because of Redis. Where it does not answer in time, or is away, this proxy counts and remembers
 * alone, in memory; it tries once a second to connect anew, and then proxies count together again. Each change is one line
 * of the log.
 *
 * <p>Settings are immutable: each makes another value, with a connection of its own. It is opened when limits or store are
 * first asked for, which waits 5 s at most and then goes on in the background; {@link #close()} closes it. Thread-safe.
 */
public final class RedisState implements SharedState, AutoCloseable {

    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(1);
    private static final Duration LONGEST_LEASE = Duration.ofHours(1);
    private static final int LONGEST_PREFIX = 100;
    private static final int LOCAL_ENTRIES = 100_000;

    private final RedisAddress address;
    private final String prefix;
    private final Duration timeout;
    private final Duration lease;
    private final Optional<Limits> localLimits;
    private final Optional<Store> localStore;

    private Optional<Redis> redis = Optional.empty();
    private Optional<Limits> limits = Optional.empty();
    private Optional<Store> store = Optional.empty();
    private boolean closed;

    private RedisState(
            RedisAddress address,
            String prefix,
            Duration timeout,
            Duration lease,
            Optional<Limits> localLimits,
            Optional<Store> localStore) {
        this.address = address;
        this.prefix = prefix;
        this.timeout = timeout;
        this.lease = lease;
        this.localLimits = localLimits;
        this.localStore = localStore;
    }

    /**
     * State in this server, with the prefix {@code smtpproxy:}, a timeout of 50 ms and leases of 30 s. It need not be there
     * yet.
     *
     * @param uri {@code redis://user:password@host:6379/0}, or {@code rediss://} for TLS, verified by the JVM's trust store;
     *     user, password, port and database may be left out. Never logged with its password
     * @throws IllegalStateException if the library is missing
     */
    public static RedisState at(String uri) {
        Objects.requireNonNull(uri, "uri");
        checkLibraries();
        return new RedisState(
                RedisAddress.parse(uri),
                "smtpproxy:",
                Duration.ofMillis(50),
                Duration.ofSeconds(30),
                Optional.empty(),
                Optional.empty());
    }

    /** On the module path Lettuce's own libraries are not found by themselves. */
    private static void checkLibraries() {
        String what = "state in Redis";
        OptionalLibrary.require("io.lettuce.core.RedisClient", "io.lettuce:lettuce-core", what);
        OptionalLibrary.require("io.netty.handler.ssl.SslContext", "io.netty:netty-handler", what);
        OptionalLibrary.require("io.netty.resolver.dns.DnsNameResolver", "io.netty:netty-resolver-dns", what);
    }

    /**
     * This with another text that all keys begin with; proxies that share state have the same.
     *
     * @param prefix 100 characters at most
     */
    public RedisState prefix(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        if (prefix.length() > LONGEST_PREFIX) {
            throw new IllegalArgumentException(
                    "prefix must have at most " + LONGEST_PREFIX + " characters, had " + prefix.length());
        }
        return new RedisState(address, prefix, timeout, lease, localLimits, localStore);
    }

    /**
     * This with another time that a session waits for an answer at most.
     *
     * @param timeout more than 0 and 5 s at most
     */
    public RedisState timeout(Duration timeout) {
        TimeLimit.check("timeout", timeout, LONGEST_TIMEOUT);
        return new RedisState(address, prefix, timeout, lease, localLimits, localStore);
    }

    /**
     * This with another time after which the holders of a proxy that was killed have no place any more. A proxy that runs
     * renews three times in that time.
     *
     * @param lease 1 s to 1 hour
     */
    public RedisState lease(Duration lease) {
        TimeLimit.check("lease", lease, LONGEST_LEASE);
        if (lease.compareTo(SHORTEST_LEASE) < 0) {
            throw new IllegalArgumentException("lease must be at least " + SHORTEST_LEASE + ", was " + lease);
        }
        return new RedisState(address, prefix, timeout, lease, localLimits, localStore);
    }

    /**
     * This with other limits for the time in which Redis is away, which should be this value's alone; in memory and for
     * 100,000 keys by default.
     */
    public RedisState localLimits(Limits local) {
        Objects.requireNonNull(local, "localLimits");
        return new RedisState(address, prefix, timeout, lease, Optional.of(local), localStore);
    }

    /** This with another store for the time in which Redis is away, in memory and of 100,000 entries by default. */
    public RedisState localStore(Store local) {
        Objects.requireNonNull(local, "localStore");
        return new RedisState(address, prefix, timeout, lease, localLimits, Optional.of(local));
    }

    /**
     * Limits that all proxies with this server and prefix hold together. No method throws because Redis is away.
     *
     * @throws IllegalStateException after {@link #close()}, or if a library of {@link MemoryLimits} is missing
     */
    @Override
    public synchronized Limits limits() {
        Redis shared = redis();
        if (limits.isEmpty()) {
            Limits local = localLimits.orElseGet(() -> MemoryLimits.ofAtMost(LOCAL_ENTRIES));
            String proxy = UUID.randomUUID() + ":";
            Leases leases = new Leases(shared, prefix + "held:", proxy, lease);
            limits = Optional.of(new RedisLimits(shared, prefix + "rate:", local, leases));
        }
        return limits.get();
    }

    /**
     * The store of all proxies with this server and prefix. No method throws because Redis is away.
     *
     * @throws IllegalStateException after {@link #close()}, or if the library of {@link MemoryStore} is missing
     */
    @Override
    public synchronized Store store() {
        Redis shared = redis();
        if (store.isEmpty()) {
            Store local = localStore.orElseGet(() -> MemoryStore.ofAtMost(LOCAL_ENTRIES));
            store = Optional.of(new RedisStore(shared, prefix + "store:", local));
        }
        return store.get();
    }

    private Redis redis() {
        if (closed) {
            throw new IllegalStateException("the state in " + address + " is closed");
        }
        if (redis.isEmpty()) {
            redis = Optional.of(new Redis(address, prefix, timeout));
            redis.get().start();
        }
        return redis.get();
    }

    /** Closes the connection and ends the thread; limits and store that were given out go on in memory. */
    @Override
    public synchronized void close() {
        closed = true;
        redis.ifPresent(Redis::close);
    }

    @Override
    public String toString() {
        return "RedisState[" + address + ", prefix " + prefix + "]";
    }
}
